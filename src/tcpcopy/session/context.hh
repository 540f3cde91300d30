// SPDX-License-Identifier: BSD-3-Clause
// What sessions share while they work: the engine's, at one time.
#pragma once

#include "tcpcopy/ports.hh"
#include "tcpcopy/session/ledger.hh"
#include "tcpcopy/session/observer.hh"
#include "tcpcopy/session/settings.hh"

namespace tcpcopy::session {

struct Context {
  const Settings& settings;
  PacketSink& packets;
  RouteSink& routes;
  Ledger& ledger;
  Instant now;
  SessionObserver* observer = nullptr;  ///< null: nobody wants to know
};

}  // namespace tcpcopy::session
