// SPDX-License-Identifier: BSD-3-Clause
// Everything that a wake-up sends leaves here, and in this order: first the announcements to the
// intercepts, then the packets whose answers need them. That holds also when a batch fills before
// the wake-up is over, so an injector never sends by itself.
#pragma once

#include "tcpcopy/datagram.hh"
#include "tcpcopy/inject/injector.hh"
#include "tcpcopy/ports.hh"

namespace tcpcopy::inject {

class Outbox : public PacketSink, public DatagramSink {
 public:
  /// Both outlive it.
  Outbox(Announcer& announcer, Injector& injector) : announcer_(announcer), injector_(injector) {}

  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override {
    if (injector_.full()) flush();
    injector_.send(segment, payload);
  }

  void send_datagram(const Datagram& datagram) override { injector_.send_datagram(datagram); }

  /// To be called at the end of every wake-up.
  void flush() {
    announcer_.flush();
    injector_.flush();
  }

 private:
  Announcer& announcer_;
  Injector& injector_;
};

}  // namespace tcpcopy::inject
