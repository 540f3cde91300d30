// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/link_end.hh"

#include <array>

namespace tcpcopy::channel {

std::string_view to_string(EndReason reason) {
  static constexpr std::array<std::string_view, kEndReasons> kNames = {
      "closed-by-tcpcopy",
      "not-allowed",
      "too-many",
      "too-many-from-address",
      "made-room",
      "garbage",
      "silent",
      "unfinished-message",
      "unreachable",
      "stalled",
      "dead",
      "network-error",
      "no-key",
      "wrong-key",
      "key-removed",
      "replaced",
      "protected",
  };
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace tcpcopy::channel
