// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/lossy_capture.hh"

#include <spdlog/spdlog.h>

namespace tcpcopy::capture {

void LossyCapture::log_summary() const {
  CaptureAround::log_summary();
  spdlog::warn("--lose-captured, for tests: packets thrown away:{}", missed_.count());
}

}  // namespace tcpcopy::capture
