// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/ways.hh"

#include <utility>

#include "tcpcopy/capture/file_capture.hh"
#include "tcpcopy/capture/raw_capture.hh"
#include "tcpcopy/inject/raw_injector.hh"

namespace tcpcopy {
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

}  // namespace

std::unique_ptr<capture::ClientCapture> make_capture(const options::Options& options) {
  if (options.capture.way == CaptureWay::kFile) return open_files(options);
  return std::make_unique<capture::RawCapture>(options::capture_filter(options),
                                               options.capture_buffer_mb << 20);
}

std::unique_ptr<inject::Injector> make_injector(const options::Options& /*options*/) {
  return std::make_unique<inject::RawInjector>();
}

}  // namespace tcpcopy
