// SPDX-License-Identifier: BSD-3-Clause
// Keys of the control channel, as they stand in a file: one a line,
//
//   tcpcopy-key:1:NAME:64 hexadecimal digits
//
// `#` begins a comment. Who has a key may register routes and read responses, so a file that others
// than its owner can read is refused.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tcpcopy::keys {

struct Key {
  std::string name;  ///< travels in clear
  std::array<unsigned char, 32> secret{};
  friend bool operator==(const Key&, const Key&) = default;
};

/// The text of a file. @param path for errors. Throws UsageError, which names the line.
std::vector<Key> parse_keys(std::string_view text, const std::string& path);

/// Reads a file; it holds one key at least. Throws UsageError.
std::vector<Key> load_keys(const std::string& path);
/// The same for an end that has one key.
Key load_key(const std::string& path);

/// A new key, as a line of a file. @param name letters, digits, `.`, `-` and `_`, 64 at most.
/// Throws UsageError when it is none.
std::string make_key(std::string_view name);

}  // namespace tcpcopy::keys
