// SPDX-License-Identifier: BSD-3-Clause
// From the frames of a capture to whole IPv4 packets: out of link layers and tunnels, and put
// together from fragments, of tunnels too.
#pragma once

#include <optional>

#include "common/net/fragments.hh"
#include "common/net/tunnel.hh"

namespace tcpcopy::net {

class WholePackets {
 public:
  /// @param captured what decapsulate() made of a frame.
  /// @param time when it was captured.
  /// @return the packet, or why there is none; nothing while further fragments are needed. Its
  /// bytes
  ///   live as long as those of the frame, and until the next call.
  std::optional<CapturedPacket> add(const CapturedPacket& captured, Duration time) {
    if (!Fragments::is_fragment(captured.bytes)) return captured;
    return add_fragment(captured.bytes, time);
  }

  /// There will be no more fragments of what has begun.
  void end() { fragments_.end(); }

  const Fragments& fragments() const { return fragments_; }

 private:
  std::optional<CapturedPacket> add_fragment(Bytes fragment, Duration time);

  Fragments fragments_;
};

}  // namespace tcpcopy::net
