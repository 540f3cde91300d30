// SPDX-License-Identifier: BSD-3-Clause
// tcpcopy --check: follows a packet's way with the options of the real run, from the capture on
// this host to the target and back, and says which hop is broken, and what mends it. It changes
// nothing: the few connections that it opens carry no byte and are closed again.
#pragma once

#include "tcpcopy/options/options.hh"

namespace tcpcopy::check {

/// Takes ten seconds at most. Prints to standard output.
/// @return the exit status: see findings::Report.
int check(const options::Options& options);

}  // namespace tcpcopy::check
