// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/datagram_replay.hh"

#include <utility>

#include "tcpcopy/session/port_candidates.hh"

namespace tcpcopy::session {

DatagramReplay::DatagramReplay(const Settings& settings, TargetRules rules,
                               SourceAddresses addresses, Instant start)
    : settings_(settings),
      rules_(std::move(rules)),
      addresses_(std::move(addresses)),
      sampling_(settings.percent, settings.ramp, start) {}

void DatagramReplay::on_datagram(const Datagram& datagram, Instant now, DatagramSink& out) {
  const Endpoint* target = rules_.target_of(datagram.destination);
  if (target == nullptr) return;
  const Account one{1, datagram.payload.size()};
  counts_.captured += one;
  if (!sampling_.takes(datagram.source, now)) {
    counts_.sampled_out += one;
    return;
  }
  for (std::uint16_t copy = 0; copy < settings_.copies; ++copy) {
    const Endpoint client{addresses_.map(datagram.source.address, copy), datagram.source.port};
    const PortCandidates ports(client, port_shift(settings_, copy));
    out.send_datagram({{client.address, ports.preferred()}, *target, datagram.payload});
    counts_.sent += one;
  }
}

}  // namespace tcpcopy::session
