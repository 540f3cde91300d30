// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/modules/module_file.hh"

#include <fmt/format.h>

#include <charconv>

#include "common/runtime/option_values.hh"
#include "common/runtime/private_file.hh"

namespace tcpcopy::modules {
namespace {

using runtime::UsageError;

// @return whether it ends as it should.
bool take_value(std::string_view text, std::string& value) {
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) {
    value = runtime::trimmed(text.substr(0, text.find('#')));
    return true;
  }
  const std::size_t end = text.find(text.front(), 1);
  if (end == std::string_view::npos) return false;
  const std::string_view rest = runtime::trimmed(text.substr(end + 1));
  value = text.substr(1, end - 1);
  return rest.empty() || rest.front() == '#';
}

}  // namespace

UsageError ModuleFile::fault(const Line& line, std::string_view what) const {
  return UsageError(fmt::format("{}:{}: {}: {}", path, line.number, line.name, what));
}

std::vector<std::uint16_t> ModuleFile::take_ports() {
  std::vector<std::uint16_t> ports;
  std::vector<Line> others;
  for (Line& line : lines) {
    if (line.name != "port") {
      others.push_back(std::move(line));
      continue;
    }
    std::uint16_t port = 0;
    const char* end = line.value.data() + line.value.size();
    const auto parsed = std::from_chars(line.value.data(), end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end || port == 0) {
      throw fault(line, "is no port, 1 to 65535");
    }
    ports.push_back(port);
  }
  lines = std::move(others);
  return ports;
}

ModuleFile parse_module_file(std::string_view text, const std::string& path) {
  ModuleFile file{path, {}};
  int number = 0;
  for (const std::string_view whole : runtime::split(text, '\n')) {
    ++number;
    const std::string_view line = runtime::trimmed(whole);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    ModuleFile::Line item{number, std::string(runtime::trimmed(line.substr(0, equals))), {}};
    if (equals == std::string_view::npos || item.name.empty()) {
      throw UsageError(fmt::format("{}:{}: this is not `name = value`", path, number));
    }
    if (!take_value(runtime::trimmed(line.substr(equals + 1)), item.value)) {
      throw file.fault(item, "the value does not end with its quote");
    }
    file.lines.push_back(std::move(item));
  }
  return file;
}

ModuleFile load_module_file(const std::string& path) {
  return parse_module_file(runtime::read_private_file("--module", path), path);
}

bool parse_flag(const ModuleFile& file, const ModuleFile::Line& line) {
  if (line.value == "true") return true;
  if (line.value != "false") throw file.fault(line, "is neither true nor false");
  return false;
}

}  // namespace tcpcopy::modules
