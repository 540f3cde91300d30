// SPDX-License-Identifier: BSD-3-Clause
// How packets leave for the targets: through a raw socket, or at the link layer. The way is chosen
// at run time.
#pragma once

#include "tcpcopy/datagram.hh"
#include "tcpcopy/inject/send_errors.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::inject {

class Injector : public PacketSink, public DatagramSink {
 public:
  /// Longer datagrams leave in fragments.
  /// @param mtu bytes of a packet.
  void set_mtu(std::uint16_t mtu) { mtu_ = mtu; }

  void send_datagram(const Datagram& datagram) override;

  /// Whether a segment finds no room before the next flush().
  virtual bool full() const = 0;

  /// Sends what was taken in this wake-up. A packet that the kernel does not take is counted and
  /// left to the engine's retransmission. To be called at the end of every wake-up, and when
  /// full().
  virtual void flush() = 0;

  /// How often refresh() is to be called.
  static constexpr Duration kRefreshPeriod = std::chrono::seconds(5);
  /// Looks again at what may have changed on the way to the targets.
  virtual void refresh() {}

  const InjectCounters& counters() const { return counters_; }

 protected:
  /// Takes a whole IPv4 packet. When full() it sends what it has: nothing is announced for these.
  virtual void put(Bytes packet, const Address& destination) = 0;

  /// Counts packets that the kernel did not take, and explains the first of each kind in the log.
  /// @param error the errno value.
  void refuse(int error, std::uint64_t packets = 1);

  InjectCounters counters_;

 private:
  std::uint16_t mtu_ = 1500;
  std::uint16_t datagrams_ = 0;  // the identification of the last
};

}  // namespace tcpcopy::inject
