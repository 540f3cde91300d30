// SPDX-License-Identifier: BSD-3-Clause
// How packets leave for the targets: through a raw socket, or at the link layer. The way is chosen
// at run time.
#pragma once

#include <string>

#include "tcpcopy/inject/send_errors.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/report.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::inject {

class Injector : public PacketSink {
 public:
  /// Takes a whole IPv4 packet. REQUIRES of this and of send(): not full().
  virtual void send_packet(Bytes packet, const Address& destination) = 0;

  /// Whether a packet finds no room before the next flush().
  virtual bool full() const = 0;

  /// Sends what was taken in this wake-up. A packet that the kernel does not take is counted and
  /// left to the engine's retransmission. For Outbox alone, which has announcements leave first.
  virtual void flush() = 0;

  /// How often refresh() is to be called.
  static constexpr Duration kRefreshPeriod = std::chrono::seconds(5);
  /// Looks again at what may have changed on the way to the targets.
  virtual void refresh() {}

  void report(Report& to) const;

  /// Why the kernel did not take packets, as `not-permitted`; empty when it took all.
  std::string refusals() const;

 protected:
  /// Counts packets that the kernel did not take, and explains the first of each kind in the log.
  /// @param error the errno value.
  void refuse(int error, std::uint64_t packets = 1);

  InjectCounters counters_;
};

}  // namespace tcpcopy::inject
