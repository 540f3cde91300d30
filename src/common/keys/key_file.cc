// SPDX-License-Identifier: BSD-3-Clause
#include "common/keys/key_file.hh"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>

#include "common/runtime/errors.hh"
#include "common/runtime/option_values.hh"
#include "common/runtime/private_file.hh"

namespace tcpcopy::keys {
namespace {

using runtime::UsageError;

constexpr std::size_t kMaxName = 64;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

bool parse_secret(std::string_view text, std::array<unsigned char, 32>& secret) {
  if (text.size() != 2 * secret.size()) return false;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    const char* end = text.data() + 2 * i + 2;
    const auto parsed = std::from_chars(text.data() + 2 * i, end, secret[i], 16);
    if (parsed.ec != std::errc() || parsed.ptr != end) return false;
  }
  return true;
}

bool parse_line(std::string_view line, Key& key) {
  const auto fields = runtime::split(line, ':');
  if (fields.size() != 4 || fields[0] != "tcpcopy-key" || fields[1] != "1") return false;
  key.name = fields[2];
  return is_name(fields[2]) && parse_secret(fields[3], key.secret);
}

}  // namespace

std::vector<Key> parse_keys(std::string_view text, const std::string& path) {
  std::vector<Key> keys;
  std::size_t number = 0;
  for (const std::string_view whole : runtime::split(text, '\n')) {
    ++number;
    const std::string_view line = runtime::trimmed(whole.substr(0, whole.find('#')));
    if (line.empty()) continue;
    Key key;
    if (!parse_line(line, key)) {  // it may be nearly a key, so it is not said what stands there
      throw UsageError(fmt::format(
          "--key: {}, line {}, is no key; tcpcopy --make-key NAME prints one", path, number));
    }
    if (std::any_of(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key.name; })) {
      throw UsageError(
          fmt::format("--key: {}, line {}: there are two keys named {}", path, number, key.name));
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<Key> load_keys(const std::string& path) {
  std::vector<Key> keys = parse_keys(runtime::read_private_file("--key", path), path);
  if (keys.empty()) {
    throw UsageError(
        fmt::format("--key: {} holds no key; tcpcopy --make-key NAME prints one", path));
  }
  return keys;
}

Key load_key(const std::string& path) {
  std::vector<Key> keys = load_keys(path);
  if (keys.size() > 1) {
    throw UsageError(
        fmt::format("--key: {} holds {} keys: tcpcopy has one, only an intercept may know several",
                    path, keys.size()));
  }
  return std::move(keys.front());
}

std::string make_key(std::string_view name) {
  if (!is_name(name)) {
    throw UsageError(
        fmt::format("--make-key: '{}' is no name: letters, digits, '.', '-' and '_', {} at most",
                    name, kMaxName));
  }
  std::array<unsigned char, 32> secret{};
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) {
    throw runtime::SystemError("--make-key: the system gives no random numbers");
  }
  std::string line = fmt::format("tcpcopy-key:1:{}:", name);
  for (const unsigned char byte : secret)
    line += fmt::format("{:02x}", byte);
  return line;
}

}  // namespace tcpcopy::keys
