// SPDX-License-Identifier: BSD-3-Clause
// tcpcopy as a whole: builds the rooms, connects them and runs the loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/runtime/event_loop.hh"
#include "common/runtime/log.hh"
#include "tcpcopy/capture/client_capture.hh"
#include "tcpcopy/capture/cut_packets.hh"
#include "tcpcopy/capture/missed_packets.hh"
#include "tcpcopy/capture/unmatched.hh"
#include "tcpcopy/inject/injector.hh"
#include "tcpcopy/inject/outbox.hh"
#include "tcpcopy/ipv6_watch.hh"
#include "tcpcopy/memory_bound.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/progress.hh"
#include "tcpcopy/returns/device_responses.hh"
#include "tcpcopy/returns/intercept_links.hh"
#include "tcpcopy/returns/response_coalescing.hh"
#include "tcpcopy/session/datagram_replay.hh"
#include "tcpcopy/session/engine.hh"
#include "tcpcopy/statistics.hh"
#include "tcpcopy/trace/packet_trace.hh"

namespace tcpcopy::replayer {

class Replayer {
 public:
  /// The exit status when --fail-below is not met.
  static constexpr int kTooLittleDelivered = 3;
  /// The exit status when nothing in the files matched the rules.
  static constexpr int kNothingMatched = 4;

  /// Opens sockets and checks filters. Throws UsageError or SystemError.
  explicit Replayer(const options::Options& options);

  /// Replays until a signal ends it; returns the exit status.
  int run();

 private:
  void open_responses();
  void open_trace();
  void connect_rooms();
  void capture();
  void take(const net::CapturedPacket& packet);
  void take_datagram(const net::CapturedPacket& packet);
  void note_unmatched(const Endpoint& destination, bool opens);
  std::uint64_t matched() const;
  std::string what_was_there() const;
  bool from_files() const { return options_.capture.way == options::CaptureOptions::Way::kFile; }
  void take_response(const Response& response);
  bool is_own(const Endpoint& destination);
  bool routes_known() const { return datagrams_ || responses_ || links_.any_connected(); }
  bool too_much_under_way() const;
  FileWait file_wait() const;
  void capture_what_is_due();
  void finish_pass();
  void end_turn();
  void on_signal(int signal);
  void bound_memory();
  void follow_mtu();
  void fail();
  void begin_drain();
  int exit_status() const;
  session::Output output() { return {packets(), routes()}; }
  PacketSink& packets();
  RouteSink& routes();
  StatisticsSources statistics() const;

  options::Options options_;
  runtime::EventLoop loop_;
  std::unique_ptr<capture::ClientCapture> capture_;
  Ipv6Watch ipv6_watch_{loop_, options_};
  capture::MissedPackets missed_;
  capture::CutPackets cut_packets_;
  capture::Unmatched unmatched_;
  std::unique_ptr<inject::Injector> injector_;
  returns::InterceptLinks links_;
  inject::Outbox outbox_{links_, *injector_};
  returns::ResponseCoalescing coalescing_{links_};
  std::unique_ptr<returns::DeviceResponses> responses_;  // instead of links
  session::Engine engine_;
  session::TargetRules rules_;
  std::optional<session::DatagramReplay> datagrams_;  // --udp: instead of the engine
  std::optional<ProgressReport> progress_;
  FirstDelivery first_delivery_;
  session::Lag lag_told_;
  MemoryBound memory_;
  runtime::LogThrottle memory_log_{std::chrono::seconds(1)};
  std::unique_ptr<trace::PacketTrace> trace_;  // --trace: before the outbox
  bool links_changed_ = false;
  bool input_ended_ = false;  // no more is captured in this pass; sessions finish
  bool draining_ = false;
  bool finished_ = false;
  bool was_connected_ = false;
  int exit_status_ = 0;
};

}  // namespace tcpcopy::replayer
