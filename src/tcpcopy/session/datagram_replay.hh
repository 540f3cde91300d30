// SPDX-License-Identifier: BSD-3-Clause
// --udp: each datagram of a client goes to the target as it comes. There are no sessions, no
// answers are waited for.
#pragma once

#include <cstdint>

#include "tcpcopy/datagram.hh"
#include "tcpcopy/session/ledger.hh"
#include "tcpcopy/session/sampling.hh"
#include "tcpcopy/session/settings.hh"
#include "tcpcopy/session/source_addresses.hh"
#include "tcpcopy/session/target_rules.hh"

namespace tcpcopy::session {

class DatagramReplay {
 public:
  /// captured = sampled out + replayed; sent = copies (-n) times replayed.
  struct Counts {
    Account captured;
    Account sampled_out;  ///< left out by -r or --ramp
    Account sent;
  };

  DatagramReplay(const Settings& settings, TargetRules rules, SourceAddresses addresses,
                 Instant start);

  /// A captured datagram of a client. Those that no rule wants are ignored.
  void on_datagram(const Datagram& datagram, Instant now, DatagramSink& out);

  const Counts& counts() const { return counts_; }

 private:
  Settings settings_;
  TargetRules rules_;
  SourceAddresses addresses_;
  Sampling sampling_;
  Counts counts_;
};

}  // namespace tcpcopy::session
