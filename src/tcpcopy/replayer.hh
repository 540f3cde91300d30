// SPDX-License-Identifier: BSD-3-Clause
// tcpcopy as a whole: builds the rooms, connects them and runs the loop.
#pragma once

#include <memory>

#include "common/runtime/event_loop.hh"
#include "common/runtime/log.hh"
#include "tcpcopy/capture/client_capture.hh"
#include "tcpcopy/inject/injector.hh"
#include "tcpcopy/link/intercept_links.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/session/engine.hh"
#include "tcpcopy/statistics.hh"

namespace tcpcopy {

class Replayer {
 public:
  /// Opens sockets and checks filters. Throws UsageError or SystemError.
  explicit Replayer(const options::Options& options);

  /// Replays until a signal ends it; returns the exit status.
  int run();

 private:
  void connect_rooms();
  void capture();
  void take(Bytes packet);
  void end_turn();
  void on_signal(int signal);
  void bound_memory();
  void begin_drain();
  void finish();
  session::Output output() { return {*injector_, links_}; }
  StatisticsSources statistics() const;

  options::Options options_;
  runtime::EventLoop loop_;
  std::unique_ptr<capture::ClientCapture> capture_;
  std::unique_ptr<inject::Injector> injector_;
  link::InterceptLinks links_;
  session::Engine engine_;
  bool links_changed_ = false;
  bool draining_ = false;
  bool finished_ = false;
  bool was_connected_ = false;
  int exit_status_ = 0;
};

}  // namespace tcpcopy
