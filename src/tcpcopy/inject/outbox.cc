// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/outbox.hh"

#include "common/net/datagram_packet.hh"

namespace tcpcopy::inject {

void Outbox::send(const ReplaySegment& segment, std::span<const Bytes> payload) {
  if (injector_.full()) flush();
  injector_.send(segment, payload);
}

void Outbox::send_datagram(const Datagram& datagram) {
  const auto packet = net::write_datagram(datagram, ++datagrams_);
  net::fragment(packet, mtu_, [&](Bytes piece) {
    if (injector_.full()) flush();
    injector_.send_packet(piece, datagram.destination.address);
  });
}

void Outbox::flush() {
  announcer_.flush();
  injector_.flush();
}

}  // namespace tcpcopy::inject
