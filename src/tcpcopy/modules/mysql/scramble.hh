// SPDX-License-Identifier: BSD-3-Clause
// What a client of MySQL answers a server's challenge with.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "tcpcopy/segment.hh"

namespace tcpcopy::modules::mysql {

inline constexpr std::string_view kNative = "mysql_native_password";
inline constexpr std::string_view kCachingSha2 = "caching_sha2_password";
inline constexpr std::string_view kClearText = "mysql_clear_password";
inline constexpr std::size_t kChallenge = 20;  // bytes

/// The answer of a plugin; nothing when it is not known. An empty password has an empty answer.
/// @param challenge kChallenge bytes.
std::optional<std::vector<std::byte>> answer_challenge(std::string_view plugin,
                                                       std::string_view password, Bytes challenge);

}  // namespace tcpcopy::modules::mysql
