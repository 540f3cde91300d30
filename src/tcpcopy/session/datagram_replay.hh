// SPDX-License-Identifier: BSD-3-Clause
// --udp: each datagram of a client goes to the target as it comes. There are no sessions, no
// answers are waited for.
#pragma once

#include <cstdint>

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
  const Ledger& ledger() const override { return no_sessions_; }
  const DatagramCounts* datagrams() const override { return &counts_; }

 private:
  Settings settings_;
  SourceAddresses addresses_;
  Sampling sampling_;
  DatagramSink& out_;
  DatagramCounts counts_;
  Ledger no_sessions_;
};

}  // namespace tcpcopy::session
