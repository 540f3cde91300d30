// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/ways.hh"

#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

#include "tcpcopy/capture/device_capture.hh"
#include "tcpcopy/capture/file_capture.hh"
#include "tcpcopy/capture/lossy_capture.hh"
#include "tcpcopy/capture/raw_capture.hh"
#include "tcpcopy/inject/device_injector.hh"
#include "tcpcopy/inject/raw_injector.hh"
#include "tcpcopy/returns/device_responses.hh"
#include "tcpcopy/returns/link_returns.hh"
#include "tcpcopy/session/datagram_replay.hh"
#include "tcpcopy/session/engine.hh"

namespace tcpcopy::replayer {
namespace {

constexpr Duration kTraceFlush = std::chrono::seconds(1);

std::unique_ptr<capture::ClientCapture> open_capture(const options::Options& options) {
  using Way = capture::Settings::Way;
  const capture::Settings& settings = options.capture;
  if (settings.way == Way::kFile) return std::make_unique<capture::FileCapture>(settings);
  const std::string filter = options::capture_filter(options);
  if (settings.way == Way::kPcap) {
    return std::make_unique<capture::DeviceCapture>(settings, filter, settings.filter.empty());
  }
  return std::make_unique<capture::RawCapture>(settings, filter);
}

std::unique_ptr<inject::Injector> open_injector(const options::Options& options) {
  if (options.send.way == inject::Settings::Way::kDevice) {
    return std::make_unique<inject::DeviceInjector>(options.send, options.rules);
  }
  return std::make_unique<inject::RawInjector>();
}

std::unique_ptr<returns::Returns> open_returns(runtime::EventLoop& loop,
                                               const options::Options& options) {
  if (!options.returns.devices.empty()) {
    return std::make_unique<returns::DeviceResponses>(loop, options.returns.devices,
                                                      options::response_filter(options),
                                                      options.returns.wants_payload);
  }
  if (options.capture.udp) return std::make_unique<returns::NoReturns>();
  return std::make_unique<returns::LinkReturns>(loop, options.returns);
}

// Which targets have a module.
session::TargetModules modules_for(const std::vector<TargetRule>& rules,
                                   const std::vector<modules::Opened>& opened) {
  session::TargetModules found;
  for (const TargetRule& rule : rules) {
    for (const modules::Opened& module : opened) {
      if (module.is_for(rule.online_port)) found.emplace_back(rule.target, module.module.get());
    }
  }
  return found;
}

}  // namespace

Ways::Ways(runtime::EventLoop& loop, const options::Options& options) {
  std::unique_ptr<capture::ClientCapture> capture = open_capture(options);
  modules_ = modules::open_modules(options.modules);
  injector_ = open_injector(options);
  returns_ = open_returns(loop, options);
  outbox_ = std::make_unique<inject::Outbox>(*returns_, *injector_);
  if (options.capture.lost > 0) {
    capture = std::make_unique<capture::LossyCapture>(std::move(capture), options.capture.lost);
  }
  PacketSink* packets = outbox_.get();
  DatagramSink* datagrams = outbox_.get();
  if (!options.trace_file.empty()) {
    open_trace(loop, options);
    capture = std::make_unique<trace::TracedCapture>(std::move(capture), *trace_);
    packets = traced_sink_.get();
    datagrams = traced_sink_.get();
  }

  const TargetRules rules(options.rules);
  const session::SourceAddresses addresses(options.client_pool, options.loopback_as);
  if (options.capture.udp) {
    replay_ = std::make_unique<session::DatagramReplay>(options.settings, addresses, loop.now(),
                                                        *datagrams);
    intake_ = std::make_unique<capture::DatagramIntake>(std::move(capture), rules);
  } else {
    replay_ = std::make_unique<session::Engine>(options.settings, rules, addresses, loop.now(),
                                                session::Engine::Ports{*packets, *returns_},
                                                modules_for(options.rules, modules_));
    intake_ = std::make_unique<capture::SegmentIntake>(std::move(capture), rules);
  }
  if (trace_) {
    traced_responses_ = std::make_unique<trace::TracedResponses>(*replay_, *trace_);
  }
}

void Ways::log_modules() {
  for (const modules::Opened& opened : modules_) {
    for (const std::string& text : opened.module->take_said())
      spdlog::warn("{}: {}", opened.module->name(), text);
  }
}

void Ways::open_trace(runtime::EventLoop& loop, const options::Options& options) {
  trace_ = std::make_unique<trace::PacketTrace>(options.trace_file);
  trace_->name_by([this](const FlowKey& target) { return replay_->captured_flow(target); });
  traced_sink_ =
      std::make_unique<trace::TracedSink>(trace::TracedSink::Next{*outbox_, *outbox_}, *trace_);
  trace_timer_ = loop.every(kTraceFlush, [this] { trace_->flush(); });
}

ResponseSink& Ways::responses() {
  if (traced_responses_) return *traced_responses_;
  return *replay_;
}

}  // namespace tcpcopy::replayer
