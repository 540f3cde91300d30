// SPDX-License-Identifier: BSD-3-Clause
// All links of an intercept: accepts them, gives their messages to the router and takes the
// router's responses for them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/runtime/event_loop.hh"
#include "common/runtime/log.hh"
#include "intercept/link/tcpcopy_link.hh"
#include "intercept/route/router.hh"

namespace tcpcopy::link {

struct LinkServerCounters {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;       ///< too many links
  std::uint64_t closed_by_us = 0;  ///< garbage, silence, errors
  std::uint64_t closed_by_peer = 0;
  std::uint64_t dropped_bytes = 0;  ///< of responses, of links that are closed by now
};

class LinkServer : public route::MessageSink {
 public:
  static constexpr std::size_t kMaxLinks = 1024;

  struct Settings {
    Endpoint listen;
    wire::FrameMode mode;
    std::size_t max_records = 0;  ///< in a frame; 0: as many as the mode allows
  };
  using OnMessage = std::function<void(route::LinkId, const wire::RouteMessage&)>;

  /// Listens. Throws UsageError when that cannot be.
  LinkServer(runtime::EventLoop& loop, const Settings& settings, OnMessage on_message);

  bool deliver(route::LinkId link, const net::TcpPacket& response) override;
  bool deliver_record(route::LinkId link, Bytes record) override;

  /// Writes what was delivered since the last time: at the end of every wake-up.
  void flush();

  std::size_t links() const { return links_.size(); }
  std::size_t queued_bytes() const;
  std::uint64_t dropped_bytes() const;
  const LinkServerCounters& counters() const { return counters_; }

 private:
  void accept_links();
  void on_ready(route::LinkId id, std::uint32_t events);
  void flush_link(route::LinkId id);
  void close(route::LinkId id, const std::string& why);
  void close_overdue();
  TcpcopyLink* find(route::LinkId id);

  runtime::EventLoop& loop_;
  Settings settings_;
  OnMessage on_message_;
  runtime::UniqueFd listener_;
  std::unordered_map<route::LinkId, std::unique_ptr<TcpcopyLink>> links_;
  std::vector<route::LinkId> unflushed_;
  route::LinkId next_id_ = 1;
  LinkServerCounters counters_;
  runtime::LogThrottle refused_log_;
  runtime::LogThrottle closed_log_;
};

}  // namespace tcpcopy::link
