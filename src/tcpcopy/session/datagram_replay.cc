// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/datagram_replay.hh"

#include <utility>

#include "tcpcopy/session/port_candidates.hh"

namespace tcpcopy::session {

DatagramReplay::DatagramReplay(const Settings& settings, SourceAddresses addresses, Instant start,
                               DatagramSink& out)
    : settings_(settings),
      addresses_(std::move(addresses)),
      sampling_(settings.percent, settings.ramp, start),
      out_(out) {}

void DatagramReplay::on_datagram(const Datagram& datagram, const Endpoint& target, Instant now) {
  const Account one{1, datagram.payload.size()};
  counts_.captured += one;
  if (!sampling_.takes(datagram.source, now)) {
    counts_.sampled_out += one;
    return;
  }
  for (std::uint16_t copy = 0; copy < settings_.copies; ++copy) {
    const Endpoint client{addresses_.map(datagram.source.address, copy), datagram.source.port};
    const PortCandidates ports(client, port_shift(settings_, copy));
    out_.send_datagram({{client.address, ports.preferred()}, target, datagram.payload});
    counts_.sent += one;
  }
}

}  // namespace tcpcopy::session
