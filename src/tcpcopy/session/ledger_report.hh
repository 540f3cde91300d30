// SPDX-License-Identifier: BSD-3-Clause
// The ledger's accounts as figures.
#pragma once

#include "tcpcopy/report.hh"
#include "tcpcopy/session/ledger.hh"

namespace tcpcopy::session {

/// Says them all.
void report(const Ledger& ledger, Report& to);

}  // namespace tcpcopy::session
