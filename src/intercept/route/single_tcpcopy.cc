// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/single_tcpcopy.hh"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"

namespace tcpcopy::route {

SingleTcpcopy::Admission SingleTcpcopy::on_link(LinkId link, Instant now,
                                                std::vector<LinkId>& replaced) {
  const bool later = links_.empty() || now - first_at_ > kGathering;
  if (later && protect_ && !links_.empty()) return Admission::kProtected;
  if (!later && links_.size() >= kMaxLinks) return Admission::kTooMany;
  if (later) {
    replaced = std::exchange(links_, {});
    first_at_ = now;
  }
  links_.push_back(link);
  return Admission::kJoined;
}

void SingleTcpcopy::on_link_closed(LinkId link) { std::erase(links_, link); }

bool SingleTcpcopy::contains(LinkId link) const {
  return std::find(links_.begin(), links_.end(), link) != links_.end();
}

void SingleTcpcopy::on_response(const net::TcpPacket& response, MessageSink& out) {
  ++counters_.responses;
  if (links_.empty()) {
    ++counters_.dropped_no_link;
    return;
  }
  const net::Ipv4Flow key(response.destination(), response.source());
  out.deliver(links_[absl::Hash<net::Ipv4Flow>()(key) % links_.size()], wire::headers_of(response));
  ++counters_.forwarded;
}

}  // namespace tcpcopy::route
