// SPDX-License-Identifier: BSD-3-Clause
// --single: one tcpcopy, which registers no routes. The links that come within 3 s of the first are
// its own, and responses are spread over them, those of a connection always on the same one.
#pragma once

#include <cstdint>
#include <vector>

#include "common/net/packet_parser.hh"
#include "intercept/route/link_id.hh"
#include "intercept/route/router.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::route {

class SingleTcpcopy {
 public:
  static constexpr Duration kGathering = std::chrono::seconds(3);
  static constexpr std::size_t kMaxLinks = 16;

  /// @param protect a later tcpcopy is refused while this one has a link, instead of replacing it.
  explicit SingleTcpcopy(bool protect) : protect_(protect) {}

  enum class Admission : std::uint8_t {
    kJoined,     ///< the link is one of its links
    kTooMany,    ///< refused: it has 16
    kProtected,  ///< refused: it is there, and protected
  };
  /// A link that has said who it is.
  /// @param replaced receives the links of the tcpcopy that this one replaces.
  Admission on_link(LinkId link, Instant now, std::vector<LinkId>& replaced);
  void on_link_closed(LinkId link);

  /// A captured packet of the target. Without a link it is dropped: the target sends it again.
  void on_response(const net::TcpPacket& response, MessageSink& out);

  bool empty() const { return links_.empty(); }
  bool contains(LinkId link) const;
  const RouterCounters& counters() const { return counters_; }

 private:
  bool protect_;
  Instant first_at_;
  std::vector<LinkId> links_;
  RouterCounters counters_;
};

}  // namespace tcpcopy::route
