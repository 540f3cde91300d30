// SPDX-License-Identifier: BSD-3-Clause
// Sees whether a few marked SYNs leave this host for one target, behind all rules that may drop or
// change them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/pcap/pcap_capture.hh"
#include "common/runtime/event_loop.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/sequence.hh"

namespace tcpcopy::path {

class LeavingWatch {
 public:
  /// Called for each SYN.
  /// @param source, seq as they stand in it.
  using Seen = std::function<void(const Address& source, Seq<space::Replay> seq)>;

  /// @param loop outlives it.
  /// @param numbers initial sequence numbers of those SYNs: the kernel sorts them out of what else
  ///   leaves for the target.
  LeavingWatch(runtime::EventLoop& loop, const Endpoint& target,
               const std::vector<Seq<space::Replay>>& numbers, Seen seen);
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

}  // namespace tcpcopy::path
