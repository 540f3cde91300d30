// SPDX-License-Identifier: BSD-3-Clause
// What the two ends of a link say to each other, as values. How they stand on the wire is a codec's
// business: codec_v6.hh, codec_v7.hh.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "common/net/packet_parser.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::wire {

/// An end says who it is. In version 6 only tcpcopy does, and only its version.
struct Hello {
  std::uint16_t version = 0;
  /// tcpcopy: it announces nothing, and wants what nobody else has announced (--single).
  bool single = false;
  /// tcpcopy: so many bytes of each payload are wanted. intercept: so many are there at most.
  std::uint16_t payload = 0;
  /// intercept: where it captures, and what, in words. Somebody else's bytes, and hostile.
  std::string_view about{};
  friend bool operator==(const Hello&, const Hello&) = default;
};

/// tcpcopy, in version 6: it speaks this version as well. An older intercept takes no notice.
struct Offer {
  std::uint16_t version = 0;
  friend bool operator==(const Offer&, const Offer&) = default;
};

/// From now on the target's packets of this connection are wanted on this link.
struct AddRoute {
  FlowKey flow;  ///< the connection as the target sees it
  friend bool operator==(const AddRoute&, const AddRoute&) = default;
};

/// They are not wanted any more. No tcpcopy says so, and 1.x heeds it not; neither does ours.
struct DeleteRoute {
  FlowKey flow;
  friend bool operator==(const DeleteRoute&, const DeleteRoute&) = default;
};

/// A packet of the target as it was captured: its headers, and what was kept of its payload. The
/// bytes are somebody else's.
struct CapturedHeaders {
  Bytes ip;                          ///< the IPv4 header; its options may be missing
  Bytes tcp;                         ///< the TCP header; its last options may be missing
  Bytes payload;                     ///< the beginning of the payload, or nothing
  std::uint32_t payload_length = 0;  ///< bytes, on the wire
  Instant captured_at{};             ///< by the sender's clock; the epoch: nobody says
};

/// What an end has seen since it was started.
struct Seen {
  std::uint64_t packets = 0;  ///< responses: captured, or heard of
  std::uint64_t drops = 0;    ///< of them: lost before they could be forwarded
  friend bool operator==(const Seen&, const Seen&) = default;
};

/// An end says that it lives, from version 7 on.
struct Alive {
  Instant sent_at;   ///< by the sender's clock
  Instant heard;     ///< sent_at of the last Alive of the other end; the epoch: none came yet
  Instant heard_at;  ///< when that came, by the sender's clock
  Seen seen;
  friend bool operator==(const Alive&, const Alive&) = default;
};

/// tcpcopy asks how it stands with a connection on the intercept's host. From the first time on
/// intercept counts what it sees of it, for a while.
struct Ask {
  FlowKey flow;  ///< the connection as the target sees it
  friend bool operator==(const Ask&, const Ask&) = default;
};

/// intercept answers. What it cannot tell is nothing.
struct Tell {
  FlowKey flow;                ///< that was asked about
  std::uint32_t captured = 0;  ///< packets of the target, by its own capture
  TcpFlags flags;              ///< that these had, any of them
  std::optional<std::uint32_t>
      came{};                      ///< SYN-ACKs and resets that came to its host, at any device
  std::optional<bool> takes{};     ///< its filter takes an answer of the target
  std::optional<bool> forwards{};  ///< net.ipv4.ip_forward
  std::optional<std::uint8_t> rp_filter{};  ///< the strictest of all and of its devices
  friend bool operator==(const Tell& a, const Tell& b) {
    return a.flow == b.flow && a.captured == b.captured && a.flags.bits == b.flags.bits &&
           a.came == b.came && a.takes == b.takes && a.forwards == b.forwards &&
           a.rp_filter == b.rp_filter;
  }
};

using Message =
    std::variant<Hello, Offer, AddRoute, DeleteRoute, CapturedHeaders, Alive, Ask, Tell>;

/// @param packet its bytes have to live as long as the result.
CapturedHeaders headers_of(const net::TcpPacket& packet);

/// Segmentation offload leaves the total length 0 where the frame tells it. A link has no frames,
/// so it is written into the copy that goes there, as far as it can be said.
/// @param ip the IPv4 header of `headers` as it goes on the link, at least 20 bytes.
void mend_total_length(std::byte* ip, const CapturedHeaders& headers);

/// @param headers from a link: hostile.
/// @return the response, whose payload is that of the headers; or why it cannot be one.
net::Parsed<Response> to_response(const CapturedHeaders& headers);

}  // namespace tcpcopy::wire
