// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/ways.hh"

#include <netinet/in.h>

#include <optional>
#include <utility>
#include <vector>

#include "common/keys/key_file.hh"
#include "tcpcopy/capture/device_capture.hh"
#include "tcpcopy/capture/file_capture.hh"
#include "tcpcopy/capture/lossy_capture.hh"
#include "tcpcopy/capture/raw_capture.hh"
#include "tcpcopy/inject/link_injector.hh"
#include "tcpcopy/inject/raw_injector.hh"
#include "tcpcopy/returns/device_responses.hh"
#include "tcpcopy/returns/link_returns.hh"
#include "tcpcopy/session/datagram_replay.hh"
#include "tcpcopy/session/session_replay.hh"

namespace tcpcopy::replayer {
namespace {

using CaptureWay = options::CaptureOptions::Way;

constexpr Duration kTraceFlush = std::chrono::seconds(1);

std::unique_ptr<capture::ClientCapture> open_files(const options::Options& options) {
  capture::FileCapture::Settings settings;
  settings.files = options.capture.sources;
  settings.filter = options.filter;  // without -F the rules alone choose
  settings.speed = options.capture.speed;
  settings.longest_gap = options.capture.longest_gap;
  settings.passes = options.capture.passes;
  return std::make_unique<capture::FileCapture>(std::move(settings));
}

std::unique_ptr<capture::ClientCapture> open_devices(const options::Options& options) {
  capture::DeviceCapture::Settings settings;
  settings.devices = options.capture.sources;
  settings.filter = options::capture_filter(options);
  settings.tagged_too = options.filter.empty();
  settings.buffer_bytes = options.capture_buffer_mb << 20;
  settings.snap_length = options.capture.snap_length;
  settings.direction = options.capture.direction;
  return std::make_unique<capture::DeviceCapture>(settings);
}

std::unique_ptr<capture::ClientCapture> open_capture(const options::Options& options) {
  if (options.capture.way == CaptureWay::kFile) return open_files(options);
  if (options.capture.way == CaptureWay::kPcap) return open_devices(options);
  return std::make_unique<capture::RawCapture>(options.udp ? IPPROTO_UDP : IPPROTO_TCP,
                                               options::capture_filter(options),
                                               options.capture_buffer_mb << 20);
}

std::unique_ptr<inject::Injector> open_injector(const options::Options& options) {
  if (options.send.way == options::SendOptions::Way::kLink) {
    std::vector<inject::LinkTarget> targets;
    for (const TargetRule& rule : options.rules)
      targets.push_back({rule.target.address, rule.source_mac, rule.next_hop_mac});
    return std::make_unique<inject::LinkInjector>(options.send.device, targets);
  }
  return std::make_unique<inject::RawInjector>();
}

std::optional<keys::Key> key_of(const options::Options& options) {
  if (options.key_file.empty()) return std::nullopt;
  return keys::load_key(options.key_file);
}

std::unique_ptr<returns::Returns> open_returns(runtime::EventLoop& loop,
                                               const options::Options& options) {
  if (!options.response_devices.empty()) {
    return std::make_unique<returns::DeviceResponses>(loop, options.response_devices,
                                                      options::response_filter(options));
  }
  if (options.udp) return std::make_unique<returns::NoReturns>();
  return std::make_unique<returns::LinkReturns>(
      loop, returns::InterceptLinks::Settings{options.intercepts, options.links, options.mode,
                                              options.single, key_of(options)});
}

}  // namespace

Ways::Ways(runtime::EventLoop& loop, const options::Options& options) {
  std::unique_ptr<capture::ClientCapture> capture = open_capture(options);
  injector_ = open_injector(options);
  returns_ = open_returns(loop, options);
  outbox_ = std::make_unique<inject::Outbox>(*returns_, *injector_);
  if (options.lose_captured > 0) {
    capture = std::make_unique<capture::LossyCapture>(std::move(capture), options.lose_captured);
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
  if (options.udp) {
    replay_ = std::make_unique<session::DatagramReplay>(options.settings, addresses, loop.now(),
                                                        *datagrams);
    intake_ = std::make_unique<capture::DatagramIntake>(std::move(capture), rules);
  } else {
    replay_ = std::make_unique<session::SessionReplay>(
        options.settings, rules, addresses, loop.now(), session::Output{*packets, *returns_});
    intake_ = std::make_unique<capture::SegmentIntake>(std::move(capture), rules);
  }
  if (trace_) {
    traced_responses_ = std::make_unique<trace::TracedResponses>(*replay_, *trace_);
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
