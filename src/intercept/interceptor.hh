// SPDX-License-Identifier: BSD-3-Clause
// intercept as a whole: builds the rooms, connects them and runs the loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/channel/intercept_end.hh"
#include "common/pcap/pcap_capture.hh"
#include "common/report/json_lines.hh"
#include "common/runtime/event_loop.hh"
#include "common/scrape/metrics_server.hh"
#include "intercept/link/link_server.hh"
#include "intercept/log_lines.hh"
#include "intercept/options/options.hh"
#include "intercept/route/destination_translation.hh"
#include "intercept/route/router.hh"
#include "intercept/route/single_tcpcopy.hh"
#include "intercept/witness.hh"
#include "tcpcopy/report.hh"

namespace tcpcopy::interceptor {

class Interceptor {
 public:
  /// Reads the command line and the configuration file again. Throws UsageError.
  using Reread = std::function<std::optional<intercept_options::InterceptOptions>()>;

  /// Opens devices and the listening socket. Throws UsageError or SystemError.
  Interceptor(const intercept_options::InterceptOptions& options, Reread reread);

  const std::string& filter() const { return filter_; }

  /// Forwards until a signal ends it; returns the exit status.
  int run();

 private:
  void open_device(const std::string& device);
  link::LinkServer::Events link_events();
  void capture(pcap::PcapCapture& capture);
  void end_wake_up();
  void take_response(const net::TcpPacket& response);
  void on_route(route::LinkId id, const wire::AddRoute& route);
  void on_greeted(route::LinkId id);
  void on_wishes(route::LinkId id, const channel::InterceptEnd::Wishes& wishes);
  void join_single(route::LinkId id);
  void on_closed(route::LinkId id);
  void on_signal(int signal);
  Report report();
  void tell_statistics();
  void every_so_often();
  void tell_manager();
  void reread();
  void apply(const intercept_options::InterceptOptions& now);
  wire::Seen seen() const;

  intercept_options::InterceptOptions options_;
  Reread reread_;
  std::string filter_;
  runtime::EventLoop loop_;
  route::Router router_;
  std::optional<route::SingleTcpcopy> single_;  // has what no route says
  route::DestinationTranslation translation_;
  std::vector<std::unique_ptr<pcap::PcapCapture>> captures_;
  std::vector<runtime::Watch> watches_;  // of the captures
  Witness witness_;
  link::LinkServer links_;
  runtime::LogThrottle flood_log_{std::chrono::seconds(1)};
  runtime::LogThrottle single_log_{std::chrono::seconds(1)};
  FirstAnswers first_answers_{loop_.now()};
  report::Rates rates_ = rates_from(loop_.now());
  std::optional<scrape::MetricsServer> metrics_;
  report::JsonLines file_{options_.statistics_file, "intercept"};
  runtime::Timer statistics_timer_;
  int exit_status_ = 0;
};

}  // namespace tcpcopy::interceptor
