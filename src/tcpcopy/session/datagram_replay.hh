// SPDX-License-Identifier: BSD-3-Clause
// --udp: each datagram of a client goes to the target as it comes. There are no sessions, no
// answers are waited for.
#pragma once

#include <cstdint>

#include "tcpcopy/session/ledger.hh"
#include "tcpcopy/session/replay.hh"
#include "tcpcopy/session/sampling.hh"
#include "tcpcopy/session/settings.hh"
#include "tcpcopy/session/source_addresses.hh"

namespace tcpcopy::session {

class DatagramReplay : public Replay {
 public:
  /// @param out outlives it.
  DatagramReplay(const Settings& settings, SourceAddresses addresses, Instant start,
                 DatagramSink& out);

  void on_segment(const ClientSegment&, const Endpoint&, Instant) override {}
  void on_datagram(const Datagram& datagram, const Endpoint& target, Instant now) override;
  void on_response(const Response&, Instant) override {}
  void report(Report& to) const override;

 private:
  Settings settings_;
  SourceAddresses addresses_;
  Sampling sampling_;
  DatagramSink& out_;
  // captured = sampled out + replayed; sent = copies (-n) times replayed.
  Account captured_;
  Account sampled_out_;  // left out by -r or --ramp
  Account sent_;
};

}  // namespace tcpcopy::session
