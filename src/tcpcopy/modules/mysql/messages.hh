// SPDX-License-Identifier: BSD-3-Clause
// The messages of MySQL's protocol that a login has to do with, as values, and the frame of all: a
// length of three bytes, a number, the payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tcpcopy/segment.hh"

namespace tcpcopy::modules::mysql {

inline constexpr std::size_t kFrame = 4;
inline constexpr std::uint32_t kLongest =
    0xffffff;  ///< of a payload; one so long goes on in the next

namespace capability {
inline constexpr std::uint32_t kConnectWithDb = 1U << 3U;
inline constexpr std::uint32_t kCompress = 1U << 5U;
inline constexpr std::uint32_t kProtocol41 = 1U << 9U;
inline constexpr std::uint32_t kTls = 1U << 11U;
inline constexpr std::uint32_t kSecureConnection = 1U << 15U;
inline constexpr std::uint32_t kPluginAuth = 1U << 19U;
inline constexpr std::uint32_t kConnectAttributes = 1U << 20U;
inline constexpr std::uint32_t kLengthEncodedAuth = 1U << 21U;
inline constexpr std::uint32_t kDeprecateEof = 1U << 24U;
inline constexpr std::uint32_t kZstd = 1U << 26U;
inline constexpr std::uint32_t kQueryAttributes = 1U << 27U;
}  // namespace capability

struct Frame {
  std::uint32_t length = 0;
  std::uint8_t number = 0;
};
/// REQUIRES: kFrame bytes.
Frame read_frame(Bytes bytes);
/// REQUIRES: the payload is shorter than kLongest.
std::vector<std::byte> framed(std::uint8_t number, Bytes payload);

/// What a server says first.
struct Greeting {
  std::uint32_t capabilities = 0;
  std::string plugin;
  std::vector<std::byte> challenge;  ///< kChallenge bytes
};
/// @param payload or the beginning of it that has all that is read.
std::optional<Greeting> parse_greeting(Bytes payload);

/// What a client answers (HandshakeResponse41).
struct Login {
  std::uint32_t capabilities = 0;
  std::uint32_t max_packet = 1U << 24U;
  std::uint8_t charset = 45;      ///< utf8mb4_general_ci
  std::vector<std::byte> filler;  ///< 23 bytes, of which MariaDB uses the last
  std::string user;
  std::vector<std::byte> answer;
  std::string database;
  std::string plugin;
  std::vector<std::byte> attributes;  ///< with what else stands behind the plugin
};
std::optional<Login> parse_login(Bytes payload);
std::vector<std::byte> payload_of(const Login& login);

/// COM_CHANGE_USER.
struct ChangeUser {
  std::string user;
  std::vector<std::byte> answer;
  std::string database;
  std::vector<std::byte> charset;  ///< two bytes, or none
  std::string plugin;
  std::vector<std::byte> attributes;
};
std::optional<ChangeUser> parse_change_user(Bytes payload, std::uint32_t capabilities);
std::vector<std::byte> payload_of(const ChangeUser& change, std::uint32_t capabilities);

/// A server that wants the answer of another plugin.
struct AuthSwitch {
  std::string plugin;
  std::vector<std::byte> challenge;
};
std::optional<AuthSwitch> parse_auth_switch(Bytes payload);

/// The text of an ERR packet, as far as it is there.
std::string error_text(Bytes payload);

}  // namespace tcpcopy::modules::mysql
