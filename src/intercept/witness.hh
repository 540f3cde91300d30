// SPDX-License-Identifier: BSD-3-Clause
// Answers what tcpcopies ask: what this host sees of a connection, and how it is set up. Nothing is
// counted before somebody asks, and what was asked about is forgotten a while later.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/net/packet_parser.hh"
#include "common/pcap/filter_check.hh"
#include "common/pcap/pcap_capture.hh"
#include "common/runtime/event_loop.hh"
#include "common/wire/message.hh"

namespace tcpcopy::interceptor {

class Witness {
 public:
  /// Connections that are watched at once: the first ones; of others it tells that it saw nothing.
  static constexpr std::size_t kMaxWatched = 64;
  static constexpr Duration kForget = std::chrono::seconds(30);  ///< behind the last question

  /// @param loop outlives it.
  /// @param devices, filter of the capture.
  Witness(runtime::EventLoop& loop, std::vector<std::string> devices, const std::string& filter)
      : loop_(loop), devices_(std::move(devices)), filter_(filter) {}

  /// Does not wait for anything.
  wire::Tell answer(const wire::Ask& ask);

  /// Somebody has asked of late.
  bool watches() const { return !watched_.empty(); }
  /// A packet of a target, which intercept captured.
  void on_captured(const net::TcpPacket& packet);
  /// Once a second: forgets.
  void on_tick();

 private:
  struct Watched {
    FlowKey flow;
    Instant asked_at;
    std::uint32_t captured = 0;
    std::uint32_t came = 0;
    TcpFlags flags;
  };

  Watched* find(const FlowKey& flow);
  void look_around();
  void read();

  runtime::EventLoop& loop_;
  std::vector<std::string> devices_;
  pcap::FilterCheck filter_;
  std::vector<Watched> watched_;
  std::unique_ptr<pcap::PcapCapture>
      around_;            // all devices, whatever -i and -F are; null: it cannot
  runtime::Watch watch_;  // of around_
};

}  // namespace tcpcopy::interceptor
