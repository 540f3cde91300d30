// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/privileges.hh"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>

#include "common/runtime/errors.hh"
#include "common/runtime/option_values.hh"

namespace tcpcopy::runtime {
namespace {

std::optional<unsigned> number_of(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void check(bool done, const char* what) {
  if (!done) throw SystemError(fmt::format("--user: {}: {}", what, error_text(errno)));
}

// CAP_NET_RAW alone, where this process has it: capabilities(7).
void keep_raw_sockets() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  check(::syscall(SYS_capget, &header, sets.data()) == 0, "capget");
  constexpr std::uint32_t kRaw = 1U << CAP_NET_RAW;
  const std::uint32_t kept = sets[0].permitted & kRaw;
  sets = {};
  sets[0].permitted = sets[0].effective = kept;
  check(::syscall(SYS_capset, &header, sets.data()) == 0, "capset");
}

}  // namespace

Account find_account(const std::string& name, const std::string& passwd) {
  Account found;
  bool known = false;
  std::ifstream file(passwd);
  for (std::string line; !known && std::getline(file, line);) {
    // passwd(5): name:password:uid:gid:…
    const std::vector<std::string_view> fields = split(line, ':');
    if (fields.size() < 4 || (fields[0] != name && fields[2] != name)) continue;
    const auto user = number_of(fields[2]);
    const auto group = number_of(fields[3]);
    if (!user || !group) continue;
    found = {*user, *group};
    known = true;
  }
  if (!known && number_of(name)) {
    found = {*number_of(name), *number_of(name)};
    known = true;
  }
  if (!known) {
    throw UsageError(fmt::format("--user: there is no user '{}' in {}", name, passwd));
  }
  if (found.user == 0) throw UsageError("--user: root is what it is there to leave");
  return found;
}

void become(const Account& account) {
  check(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0, "PR_SET_KEEPCAPS");
  check(::setgroups(0, nullptr) == 0, "setgroups");
  check(::setresgid(account.group, account.group, account.group) == 0, "setresgid");
  check(::setresuid(account.user, account.user, account.user) == 0, "setresuid");
  keep_raw_sockets();
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
  // It was taken away with the change of user; a core dump is for who may read it.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace tcpcopy::runtime
