// SPDX-License-Identifier: BSD-3-Clause
// The lives of sessions as log lines: of all at --log-level debug, of one client by --debug-client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/runtime/event_loop.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/session/observer.hh"

namespace tcpcopy::replayer {

class SessionLog : public session::SessionObserver {
 public:
  /// Lines in a second at most; what is left out is counted.
  static constexpr unsigned kMostLines = 100;

  /// @param loop outlives it.
  explicit SessionLog(const runtime::EventLoop& loop) : loop_(loop) {}

  /// @param client whose sessions are told of; port 0: any. Nothing: all, at level debug.
  void set_client(const std::optional<Endpoint>& client) { client_ = client; }

  void on_event(const session::SessionEvent& event) override;

 private:
  bool wanted(const Endpoint& client) const;
  bool room();

  const runtime::EventLoop& loop_;
  std::optional<Endpoint> client_;
  Instant second_began_at_;
  unsigned lines_ = 0;  // in this second
  unsigned left_out_ = 0;
};

/// `10.0.0.1:40000 (198.18.0.1:40000 to 10.0.0.30:8080): ended: target-reset`
std::string describe(const session::SessionEvent& event);

}  // namespace tcpcopy::replayer
