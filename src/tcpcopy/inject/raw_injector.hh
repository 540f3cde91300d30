// SPDX-License-Identifier: BSD-3-Clause
// Sends segments to targets through a raw IP socket, in batches.
//
// libnet opens and owns the socket; the batch goes through its descriptor with one sendmmsg.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "tcpcopy/ports.hh"

namespace tcpcopy::inject {

struct InjectCounters {
  std::uint64_t packets = 0;
  std::uint64_t refused = 0;      ///< the kernel took them not: EPERM, EHOSTUNREACH, …
  std::uint64_t buffer_full = 0;  ///< of these: no room in the socket or the device
  int last_error = 0;             ///< errno of the last that was refused
};

class RawInjector : public PacketSink {
 public:
  /// Throws SystemError, which says how to grant CAP_NET_RAW when that is missing.
  RawInjector();
  ~RawInjector() override;
  RawInjector(const RawInjector&) = delete;
  RawInjector& operator=(const RawInjector&) = delete;
  RawInjector(RawInjector&&) = delete;
  RawInjector& operator=(RawInjector&&) = delete;

  /// Puts the packet into the batch, and sends the batch when it is full.
  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override;

  /// Sends the batch. A packet that the kernel does not take is counted and left to the engine's
  /// retransmission. To be called at the end of every wake-up.
  void flush();

  const InjectCounters& counters() const { return counters_; }

 private:
  static constexpr std::size_t kBatch = 128;

  struct Batch;
  struct CloseLibnet {
    void operator()(void* context) const;
  };

  std::unique_ptr<void, CloseLibnet> libnet_;
  std::unique_ptr<Batch> batch_;
  int fd_ = -1;
  std::uint16_t identification_ = 1;
  InjectCounters counters_;
};

}  // namespace tcpcopy::inject
