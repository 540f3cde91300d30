// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/ways.hh"

#include "tcpcopy/capture/raw_capture.hh"
#include "tcpcopy/inject/raw_injector.hh"

namespace tcpcopy {

std::unique_ptr<capture::ClientCapture> make_capture(const options::Options& options) {
  return std::make_unique<capture::RawCapture>(options::capture_filter(options),
                                               options.capture_buffer_mb << 20);
}

std::unique_ptr<inject::Injector> make_injector(const options::Options& /*options*/) {
  return std::make_unique<inject::RawInjector>();
}

}  // namespace tcpcopy
