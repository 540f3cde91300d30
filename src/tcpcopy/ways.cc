// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/ways.hh"

#include <netinet/in.h>

#include <utility>
#include <vector>

#include "tcpcopy/capture/device_capture.hh"
#include "tcpcopy/capture/file_capture.hh"
#include "tcpcopy/capture/raw_capture.hh"
#include "tcpcopy/inject/link_injector.hh"
#include "tcpcopy/inject/raw_injector.hh"

namespace tcpcopy::replayer {
namespace {

using CaptureWay = options::CaptureOptions::Way;

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

}  // namespace

std::unique_ptr<capture::ClientCapture> make_capture(const options::Options& options) {
  if (options.capture.way == CaptureWay::kFile) return open_files(options);
  if (options.capture.way == CaptureWay::kPcap) return open_devices(options);
  return std::make_unique<capture::RawCapture>(options.udp ? IPPROTO_UDP : IPPROTO_TCP,
                                               options::capture_filter(options),
                                               options.capture_buffer_mb << 20);
}

std::unique_ptr<inject::Injector> make_injector(const options::Options& options) {
  if (options.send.way == options::SendOptions::Way::kLink) {
    std::vector<inject::LinkTarget> targets;
    for (const session::TargetRule& rule : options.rules)
      targets.push_back({rule.target.address, rule.source_mac, rule.next_hop_mac});
    return std::make_unique<inject::LinkInjector>(options.send.device, targets);
  }
  return std::make_unique<inject::RawInjector>();
}

}  // namespace tcpcopy::replayer
