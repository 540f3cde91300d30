// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/segment_run.hh"

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"
#include "common/net/ipv4_header.hh"
#include "common/net/packet_writer.hh"

namespace tcpcopy::net {
namespace {

constexpr std::size_t kMaxPacket = 65535;
constexpr std::uint8_t kPlain = TcpFlags::kAck;
constexpr std::uint8_t kLast = TcpFlags::kAck | TcpFlags::kPsh;

}  // namespace

SegmentRun::SegmentRun(const ReplaySegment& first)
    : last_(first),
      size_(first.payload_length),
      payload_(first.payload_length),
      count_(1),
      open_(first.flags.bits == kPlain && first.payload_length > 0 && first.sack_count == 0) {
  last_.payload = {};
}

bool SegmentRun::takes(const ReplaySegment& segment) const {
  const bool data = segment.flags.bits == kPlain || segment.flags.bits == kLast;
  return open_ && data && segment.payload_length > 0 && segment.payload_length <= size_ &&
         segment.seq == last_.seq + last_.payload_length && segment.ack == last_.ack &&
         segment.source == last_.source && segment.destination == last_.destination &&
         segment.window == last_.window && segment.options == last_.options &&
         segment.sack_count == 0 && kMaxHeaders + payload_ + segment.payload_length <= kMaxPacket;
}

void SegmentRun::add(const ReplaySegment& segment) {
  last_.seq = segment.seq;
  last_.payload_length = segment.payload_length;
  last_.flags = segment.flags;
  payload_ += segment.payload_length;
  ++count_;
  open_ = segment.flags.bits == kPlain && segment.payload_length == size_;
}

void SegmentRun::finish(std::span<std::byte> packet) const {
  const std::span<std::byte> ip = packet.first(kIpv4HeaderSize);
  const std::span<std::byte> tcp = packet.subspan(kIpv4HeaderSize);
  finish_ipv4_header(packet.size(), ip);

  tcp[13] = static_cast<std::byte>(last_.flags.bits);  // the device gives PSH to the last alone
  const Checksum pseudo =
      pseudo_header_v4(ip, kProtocolTcp, static_cast<std::uint16_t>(tcp.size()));
  // value() is the complement; what the device completes is the sum itself.
  store_be16(&tcp[16], static_cast<std::uint16_t>(~pseudo.value()));
}

}  // namespace tcpcopy::net
