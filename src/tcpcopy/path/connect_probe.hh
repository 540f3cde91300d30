// SPDX-License-Identifier: BSD-3-Clause
// A connection of this host, opened as any program does, and closed again without a byte.
#pragma once

#include <optional>

#include "common/runtime/event_loop.hh"
#include "common/runtime/unique_fd.hh"
#include "tcpcopy/probe/diagnosis.hh"

namespace tcpcopy::path {

class ConnectProbe {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(3);
  /// Who does not want a connection closes it within this time.
  static constexpr Duration kSettle = std::chrono::milliseconds(300);

  /// Begins to connect.
  /// @param loop outlives it.
  ConnectProbe(runtime::EventLoop& loop, const Endpoint& peer);
  ConnectProbe(const ConnectProbe&) = delete;
  ConnectProbe& operator=(const ConnectProbe&) = delete;
  ConnectProbe(ConnectProbe&&) = delete;
  ConnectProbe& operator=(ConnectProbe&&) = delete;

  const Endpoint& peer() const { return peer_; }
  /// Nothing while it goes on.
  const std::optional<probe::Connected>& result() const { return result_; }

  /// To be called at deadline().
  void advance();
  Instant deadline() const;

 private:
  void on_ready();
  void settle(int error);
  void end(probe::Connected::How how);

  runtime::EventLoop& loop_;
  Endpoint peer_;
  Instant began_at_;
  Instant accepted_at_ = kNever;
  runtime::UniqueFd fd_;
  runtime::Watch watch_;  // forgotten before the descriptor is closed
  std::optional<probe::Connected> result_;
};

}  // namespace tcpcopy::path
