// SPDX-License-Identifier: BSD-3-Clause
// --user: what a daemon gives away once everything is open.
#pragma once

#include <sys/types.h>

#include <string>

namespace tcpcopy::runtime {

struct Account {
  uid_t user = 0;
  gid_t group = 0;
};

/// @param name of a user in /etc/passwd, or a number with which its group goes. Other sources of
///   users are not asked. Throws UsageError when there is none, and for root.
/// @param passwd the file.
Account find_account(const std::string& name, const std::string& passwd = "/etc/passwd");

/// Becomes that user, with its group alone. Of root's powers raw sockets stay, so that devices can
/// be opened again; and from now on no program that this process might start has any more.
/// Throws SystemError.
void become(const Account& account);

}  // namespace tcpcopy::runtime
