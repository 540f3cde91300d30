// SPDX-License-Identifier: BSD-3-Clause
// Why links end, or are not taken at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpcopy::channel {

/// Each is a counter in the statistics.
enum class EndReason : std::uint8_t {
  kClosedByTcpcopy,     ///< the usual end
  kNotAllowed,          ///< --allow does not name its address
  kTooMany,             ///< so many links are open already
  kTooManyFromAddress,  ///< so many links from its address are open already
  kMadeRoom,            ///< it had not said who it is when another one came
  kGarbage,             ///< what it sent is no message of a tcpcopy
  kSilent,              ///< it did not say in time who it is
  kUnfinishedMessage,   ///< it began a message and did not finish it in time
  kUnreachable,         ///< its host does not answer any more
  kStalled,             ///< it reads nothing any more
  kDead,                ///< nothing came for 3 s from an end that should say that it lives
  kNetworkError,        ///< the system reports an error
  kNoKey,               ///< it has no key, and one is wanted; or it has one, and none is here
  kWrongKey,            ///< its key is not one of ours
  kKeyRemoved,          ///< its key is not in the file any more
  kReplaced,            ///< --single: another tcpcopy came
  kProtected,           ///< --single -c: another tcpcopy is there
};
inline constexpr std::size_t kEndReasons = 17;

/// A name for statistics: `not-allowed`.
std::string_view to_string(EndReason reason);

struct LinkEnd {
  EndReason reason;
  std::string detail;  ///< for the log
};
/// Nothing: the link goes on.
using MaybeEnd = std::optional<LinkEnd>;

}  // namespace tcpcopy::channel
