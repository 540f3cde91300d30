// SPDX-License-Identifier: BSD-3-Clause
// Options each of which is right, and which cannot be together. Each function throws UsageError.
#pragma once

#include "tcpcopy/options/options.hh"

namespace CLI {
class App;
}  // namespace CLI

namespace tcpcopy::options {

/// Refuses options that do nothing in the chosen mode.
void refuse_without_effect(CLI::App& app, const Options& options);

/// Refuses rules by which packets for a target could be taken for packets of clients, and be
/// replayed again and again. A rule that names its online address leaves no doubt, unless it is
/// the target's. Throws SystemError too: it asks for the addresses of this host.
void refuse_loops(const Options& options);

}  // namespace tcpcopy::options
