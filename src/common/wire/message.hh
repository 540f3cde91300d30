// SPDX-License-Identifier: BSD-3-Clause
// What the two ends of a link say to each other, as values. How they stand on the wire is a codec's
// business: codec_v6.hh.
#pragma once

#include <cstdint>
#include <variant>

#include "common/net/packet_parser.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::wire {

/// tcpcopy says who it is: the first message of a link.
struct Hello {
  std::uint16_t version = 0;
  friend bool operator==(const Hello&, const Hello&) = default;
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
};

using Message = std::variant<Hello, AddRoute, DeleteRoute, CapturedHeaders>;

/// @param packet its bytes have to live as long as the result.
CapturedHeaders headers_of(const net::TcpPacket& packet);

/// @param headers from a link: hostile.
/// @return the response, whose payload is that of the headers; or why it cannot be one.
net::Parsed<Response> to_response(const CapturedHeaders& headers);

}  // namespace tcpcopy::wire
