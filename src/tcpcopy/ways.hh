// SPDX-License-Identifier: BSD-3-Clause
// Which way packets come in, leave and come back, as the options say: the rooms of one loop, made
// and put around each other. Everything behind this knows ports alone.
#pragma once

#include <memory>
#include <vector>

#include "common/runtime/event_loop.hh"
#include "tcpcopy/capture/intake.hh"
#include "tcpcopy/inject/injector.hh"
#include "tcpcopy/inject/outbox.hh"
#include "tcpcopy/modules/catalogue.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/returns/returns.hh"
#include "tcpcopy/session/replay.hh"
#include "tcpcopy/trace/traced_ports.hh"

namespace tcpcopy::replayer {

class Ways {
 public:
  /// Opens sockets, devices and files. Throws UsageError or SystemError.
  /// @param loop, options outlive it.
  Ways(runtime::EventLoop& loop, const options::Options& options);

  capture::Intake& intake() { return *intake_; }
  session::Replay& replay() { return *replay_; }
  inject::Outbox& outbox() { return *outbox_; }
  inject::Injector& injector() { return *injector_; }
  returns::Returns& returns() { return *returns_; }
  /// Says in the log what modules have to say.
  void log_modules();
  /// Where responses go.
  ResponseSink& responses();

 private:
  void open_trace(runtime::EventLoop& loop, const options::Options& options);

  std::unique_ptr<inject::Injector> injector_;
  std::unique_ptr<returns::Returns> returns_;
  std::unique_ptr<inject::Outbox> outbox_;
  runtime::Timer trace_timer_;
  std::unique_ptr<trace::PacketTrace> trace_;  // --trace; without it there are neither of these:
  std::unique_ptr<trace::TracedSink> traced_sink_;
  std::unique_ptr<trace::TracedResponses> traced_responses_;
  std::vector<modules::Opened> modules_;  // --module
  std::unique_ptr<session::Replay> replay_;
  std::unique_ptr<capture::Intake> intake_;
};

}  // namespace tcpcopy::replayer
