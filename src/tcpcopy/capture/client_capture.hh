// SPDX-License-Identifier: BSD-3-Clause
// Where the packets of clients come from: a raw socket, devices, files. The way is chosen at run
// time; what comes out is the same, so the engine and its ledger know nothing of it.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/net/capture_counters.hh"
#include "common/net/tunnel.hh"
#include "tcpcopy/capture/passes.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::capture {

class ClientCapture {
 public:
  /// Called with each packet; the bytes live until it returns. They may end before the packet does,
  /// hold anything, or be empty where a frame holds no IPv4. Datagrams come as a whole.
  using Take = absl::FunctionRef<void(const net::CapturedPacket& packet)>;

  enum class Outcome : std::uint8_t {
    kMore,    ///< there may be more at once
    kNoMore,  ///< there is no more for now
    kEnded,   ///< there will be no more
    kFailed,  ///< the same, and the log says why
  };

  ClientCapture() = default;
  virtual ~ClientCapture() = default;
  ClientCapture(const ClientCapture&) = delete;
  ClientCapture& operator=(const ClientCapture&) = delete;
  ClientCapture(ClientCapture&&) = delete;
  ClientCapture& operator=(ClientCapture&&) = delete;

  /// Descriptors that become readable when there are packets.
  virtual std::vector<int> descriptors() const = 0;

  /// When read() is to be called although no descriptor is readable.
  virtual Instant due() const { return kNever; }

  /// Reads a batch, bounded so that a flood of packets starves nobody, and hands each packet on.
  virtual Outcome read(Instant now, Take take) = 0;

  /// Of files; null for a capture that has no end.
  virtual Passes* passes() { return nullptr; }

  /// Says in the log, at the end, what is of interest of this way of capture alone.
  virtual void log_summary() const {}

  /// Asks the kernel for the counters that it does not bring with the packets.
  virtual void update_counters() {}

  virtual net::CaptureCounters& counters() { return counters_; }

 private:
  net::CaptureCounters counters_;
};

}  // namespace tcpcopy::capture
