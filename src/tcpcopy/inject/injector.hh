// SPDX-License-Identifier: BSD-3-Clause
// How packets leave for the targets: through a raw socket, or at the link layer. The way is chosen
// at run time.
#pragma once

#include <cstdint>

#include "tcpcopy/ports.hh"

namespace tcpcopy::inject {

struct InjectCounters {
  std::uint64_t packets = 0;
  std::uint64_t refused = 0;      ///< the kernel took them not: EPERM, EHOSTUNREACH, …
  std::uint64_t buffer_full = 0;  ///< of these: no room in the socket or the device
  int last_error = 0;             ///< errno of the last that was refused
};

class Injector : public PacketSink {
 public:
  /// Sends what was taken in this wake-up. A packet that the kernel does not take is counted and
  /// left to the engine's retransmission. To be called at the end of every wake-up.
  virtual void flush() = 0;

  const InjectCounters& counters() const { return counters_; }

 protected:
  InjectCounters counters_;
};

}  // namespace tcpcopy::inject
