// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/modules/catalogue.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/runtime/errors.hh"
#include "tcpcopy/modules/module_file.hh"
#include "tcpcopy/modules/mysql/mysql_module.hh"

namespace tcpcopy::modules {
namespace {

using runtime::UsageError;

struct Entry {
  const char* name;
  const char* what;
  std::unique_ptr<Module> (*open)(const ModuleFile&);
};

constexpr Entry kEntries[] = {
    {"mysql",
     "MySQL and MariaDB: logins with the target's challenge, ids of prepared statements, sessions\n"
     "         joined in the middle. Needs a file with users and passwords, and responses' "
     "beginnings.",
     mysql::open_module},
};

const Entry* find_entry(const std::string& name) {
  const auto* found = std::find_if(std::begin(kEntries), std::end(kEntries),
                                   [&](const Entry& entry) { return entry.name == name; });
  return found == std::end(kEntries) ? nullptr : found;
}

}  // namespace

std::string catalogue() {
  std::string text = "--module NAME:FILE,… with these names (docs/modules.md):\n";
  for (const Entry& entry : kEntries)
    text += fmt::format("  {:6} {}\n", entry.name, entry.what);
  return text;
}

bool Opened::is_for(std::uint16_t online_port) const {
  return ports.empty() || std::find(ports.begin(), ports.end(), online_port) != ports.end();
}

std::vector<Opened> open_modules(const std::vector<Chosen>& chosen) {
  std::vector<Opened> opened;
  std::set<std::uint16_t> taken;
  for (const Chosen& module : chosen) {
    const Entry* entry = find_entry(module.name);
    if (entry == nullptr) {
      throw UsageError(
          fmt::format("--module: there is no module '{}'; --module help lists them", module.name));
    }
    if (module.file.empty()) {
      throw UsageError(fmt::format("--module: {} needs a file, as in {}:/etc/tcpcopy/{}.module",
                                   module.name, module.name, module.name));
    }
    ModuleFile file = load_module_file(module.file);
    std::vector<std::uint16_t> ports = file.take_ports();
    if (ports.empty() && chosen.size() > 1) {
      throw UsageError(fmt::format(
          "--module: there are several: a line `port = …` in {} must say which one {} is for",
          module.file, module.name));
    }
    for (const std::uint16_t port : ports) {
      if (!taken.insert(port).second) {
        throw UsageError(
            fmt::format("--module: {}: port {} has a module already", module.file, port));
      }
    }
    opened.push_back({entry->open(file), std::move(ports)});
  }
  return opened;
}

}  // namespace tcpcopy::modules
