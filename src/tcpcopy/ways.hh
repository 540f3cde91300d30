// SPDX-License-Identifier: BSD-3-Clause
// Which way packets come in and which way they leave, as the options say.
#pragma once

#include <memory>

#include "tcpcopy/capture/client_capture.hh"
#include "tcpcopy/inject/injector.hh"
#include "tcpcopy/options/options.hh"

namespace tcpcopy::replayer {

/// Opens what clients' packets are captured with. Throws UsageError or SystemError.
std::unique_ptr<capture::ClientCapture> make_capture(const options::Options& options);

/// Opens what packets for the targets are sent with. Throws UsageError or SystemError.
std::unique_ptr<inject::Injector> make_injector(const options::Options& options);

}  // namespace tcpcopy::replayer
