// SPDX-License-Identifier: BSD-3-Clause
// intercept --check: looks at the assistant with the options of the real run, and at what comes to
// it for three seconds. It changes nothing and listens on no port.
#pragma once

#include "intercept/options/options.hh"

namespace tcpcopy::intercept_check {

/// Prints to standard output. @return the exit status: see findings::Report.
int check(const intercept_options::InterceptOptions& options);

}  // namespace tcpcopy::intercept_check
