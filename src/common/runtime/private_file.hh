// SPDX-License-Identifier: BSD-3-Clause
// Files with secrets: keys of links, passwords of a module.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tcpcopy::runtime {

inline constexpr std::size_t kMaxPrivateFile = std::size_t{1} << 20U;  // bytes

/// Reads a file of an option. Never waits for one that is no file.
/// @param option that names it, for errors: "--key".
/// @return its bytes. Throws UsageError when it cannot be read, when others than its owner can read
/// or change it, or when it is longer than kMaxPrivateFile.
std::string read_private_file(std::string_view option, const std::string& path);

}  // namespace tcpcopy::runtime
