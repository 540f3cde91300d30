// SPDX-License-Identifier: BSD-3-Clause
// Everything that a wake-up sends leaves here, and in this order: first the announcements to the
// intercepts, then the packets whose answers need them. That holds also when a batch fills before
// the wake-up is over, so an injector never sends by itself.
#pragma once

#include <cstdint>

#include "tcpcopy/datagram.hh"
#include "tcpcopy/inject/injector.hh"
#include "tcpcopy/ports.hh"

namespace tcpcopy::inject {

class Outbox : public PacketSink, public DatagramSink {
 public:
  /// Both outlive it.
  Outbox(Announcer& announcer, Injector& injector) : announcer_(announcer), injector_(injector) {}

  /// Longer datagrams leave in fragments.
  /// @param mtu bytes of a packet.
  void set_mtu(std::uint16_t mtu) { mtu_ = mtu; }

  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override;
  void send_datagram(const Datagram& datagram) override;

  /// To be called at the end of every wake-up, and before a look at the clock within one.
  void flush();

 private:
  Announcer& announcer_;
  Injector& injector_;
  std::uint16_t mtu_ = 1500;
  std::uint16_t datagrams_ = 0;  // the identification of the last
};

}  // namespace tcpcopy::inject
