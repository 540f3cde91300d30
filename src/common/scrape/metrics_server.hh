// SPDX-License-Identifier: BSD-3-Clause
// --metrics: hands the figures to whoever asks over HTTP, in the text format of Prometheus.
//
// The port may be open to anybody, and the loop is the packets'. So what askers can take is
// bounded: connections at a time, new ones in a moment, bytes and time of each, and pages made in a
// moment, whoever asks how often. Nothing waits for a reader.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/metrics/http_exchange.hh"
#include "common/runtime/event_loop.hh"
#include "common/runtime/unique_fd.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/report.hh"

namespace tcpcopy::scrape {

class MetricsServer {
 public:
  /// Connections at a time; then the oldest makes room.
  static constexpr std::size_t kMaxConnections = 16;
  /// What a connection has for all.
  static constexpr Duration kPatience = std::chrono::seconds(5);
  /// A page is made at most so often, and so many connections are accepted meanwhile; further ones
  /// wait in the kernel.
  static constexpr Duration kPeriod = std::chrono::milliseconds(100);
  static constexpr unsigned kAcceptsPerPeriod = 32;

  /// Listens. Throws UsageError or SystemError when that cannot be.
  /// @param loop outlives it.
  /// @param prefix of the names of metrics.
  /// @param figures asked for each page.
  MetricsServer(runtime::EventLoop& loop, const Endpoint& listen, std::string prefix,
                std::function<Report()> figures);

  /// What it counts itself.
  void report(Report& to) const;

  std::size_t connections() const { return connections_.size(); }
  /// The socket that is listened on, which matters when the port was 0.
  int listener() const { return listener_.get(); }

 private:
  struct Connection {
    runtime::UniqueFd fd;
    runtime::Watch watch;
    Instant deadline;
    std::string request;
    std::string answer;  // what is left of it
    std::size_t discarded = 0;
    bool answered = false;
  };
  // Why a connection was ended before its time.
  enum End : std::uint8_t { kTimeLimit, kMadeRoom, kNetworkError };
  static constexpr std::size_t kEnds = 3;
  static constexpr std::size_t kMaxDiscarded = 16 * metrics::kMaxRequest;

  void accept_some();
  void add(runtime::UniqueFd fd);
  void on_ready(Connection& connection, std::uint32_t events);
  void read(Connection& connection);
  void take(Connection& connection, std::string_view bytes);
  void write(Connection& connection);
  void close(const Connection& connection);
  void give_up(const Connection& connection, End why);
  const std::string& page();
  void tick();
  void tick_soon();

  runtime::EventLoop& loop_;
  std::string prefix_;
  std::function<Report()> figures_;
  std::chrono::system_clock::time_point start_;
  runtime::UniqueFd listener_;
  runtime::Watch listener_watch_;
  runtime::Timer tick_;
  bool ticking_ = false;
  std::vector<std::unique_ptr<Connection>> connections_;  // the oldest first
  unsigned accepted_ = 0;                                 // in this period
  std::string page_;
  Instant page_until_;  // it is made anew
  std::array<std::uint64_t, std::size(metrics::kStatuses)> answers_{};
  std::array<std::uint64_t, kEnds> ends_{};
};

}  // namespace tcpcopy::scrape
