// SPDX-License-Identifier: BSD-3-Clause
// What can go wrong before a daemon runs. Thrown during startup only; main() turns each into one
// line and an exit status.
#pragma once

#include <stdexcept>
#include <string>

#include "common/findings/codes.hh"

namespace tcpcopy::runtime {

/// An option, or what it names, cannot be used: exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The system refused something that the daemon needs: exit status 1.
class SystemError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The text of an errno value.
std::string error_text(int error);

/// What to do where the kernel grants no socket for capture or sending, with its code.
inline std::string how_to_be_allowed() {
  return "; run as root, or grant the capability: setcap cap_net_raw=ep <path of this program> [" +
         to_string(findings::kNotAllowed) + "]";
}

}  // namespace tcpcopy::runtime
