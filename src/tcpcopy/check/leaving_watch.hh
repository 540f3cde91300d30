// SPDX-License-Identifier: BSD-3-Clause
// Sees what leaves this host for one target, behind all rules that may drop or change it.
#pragma once

#include <functional>
#include <memory>

#include "common/pcap/pcap_capture.hh"
#include "common/runtime/event_loop.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/sequence.hh"

namespace tcpcopy::check {

class LeavingWatch {
 public:
  /// Called for each SYN.
  /// @param source, seq as they stand in it.
  using Seen = std::function<void(const Address& source, Seq<space::Replay> seq)>;

  /// @param loop outlives it.
  LeavingWatch(runtime::EventLoop& loop, const Endpoint& target, Seen seen);
  LeavingWatch(const LeavingWatch&) = delete;
  LeavingWatch& operator=(const LeavingWatch&) = delete;
  LeavingWatch(LeavingWatch&&) = delete;
  LeavingWatch& operator=(LeavingWatch&&) = delete;

  /// False where it cannot be watched.
  bool watches() const { return capture_ != nullptr; }

 private:
  void read();

  Seen seen_;
  std::unique_ptr<pcap::PcapCapture> capture_;
  runtime::Watch watch_;
};

}  // namespace tcpcopy::check
