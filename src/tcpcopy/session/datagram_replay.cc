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
  captured_ += one;
  if (!sampling_.takes(datagram.source, now)) {
    sampled_out_ += one;
    return;
  }
  for (std::uint16_t copy = 0; copy < settings_.copies; ++copy) {
    const Endpoint client{addresses_.map(datagram.source.address, copy), datagram.source.port};
    const PortCandidates ports(client, port_shift(settings_, copy));
    out_.send_datagram({{client.address, ports.preferred()}, target, datagram.payload});
    sent_ += one;
  }
}

void DatagramReplay::report(Report& to) const {
  to.total({"datagrams_captured", "datagrams", "of clients, that matched a rule"},
           captured_.packets);
  to.total({"datagrams_left_out", "datagrams", "of these, by -r or --ramp"}, sampled_out_.packets);
  to.total({"datagrams_sent", "datagrams", "to the target"}, sent_.packets);
  to.total({"datagram_bytes_captured", "bytes", "in datagrams_captured"}, captured_.bytes);
  to.total({"datagram_bytes_sent", "bytes", "in datagrams_sent"}, sent_.bytes);
}

}  // namespace tcpcopy::session
