// SPDX-License-Identifier: BSD-3-Clause
// UDP datagrams (RFC 768) between values and the bytes of IPv4 packets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "common/net/packet_parser.hh"
#include "tcpcopy/datagram.hh"

namespace tcpcopy::net {

/// @param packet begins at the IPv4 header.
/// @return the datagram, whose payload is a part of `packet`. Errors: those of the IPv4 header,
///   kNotTcp for another protocol than UDP, kBadTotalLength when the lengths of IPv4 and UDP
///   contradict each other, kTruncated when it was not captured as a whole.
Parsed<Datagram> parse_datagram(Bytes packet);

/// Writes a whole IPv4 packet, both checksums filled in, that may be fragmented.
/// @param identification of IPv4, host byte order: that of all fragments.
/// REQUIRES: both addresses are IPv4; the packet fits 65,535 bytes.
std::vector<std::byte> write_datagram(const Datagram& datagram, std::uint16_t identification);

/// Cuts a packet of write_datagram() to the MTU (RFC 791, 2.3).
/// @param mtu bytes, at least 68 (RFC 791, 3.2).
/// @param give called with each fragment, in order; with the packet itself when it fits.
void fragment(Bytes packet, std::uint16_t mtu, const std::function<void(Bytes fragment)>& give);

}  // namespace tcpcopy::net
