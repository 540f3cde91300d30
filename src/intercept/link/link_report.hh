// SPDX-License-Identifier: BSD-3-Clause
// The links from tcpcopies, as figures.
#pragma once

#include "intercept/link/link_server.hh"
#include "tcpcopy/report.hh"

namespace tcpcopy::link {

void report(const LinkServer& links, Report& to);

}  // namespace tcpcopy::link
