// SPDX-License-Identifier: BSD-3-Clause
// Who wants to know what becomes of each session: for a log. The engine tells it of what happens a
// few times in a session's life, and of nothing that happens with every packet. Without an observer
// nothing is made for it.
#pragma once

#include <cstdint>
#include <string_view>

#include "tcpcopy/address.hh"

namespace tcpcopy::session {

struct SessionEvent {
  enum class What : std::uint8_t {
    kOpened,       ///< the client's connection has a session
    kNotOpened,    ///< it gets none; `detail` says why
    kConnected,    ///< the target has taken a connection of it
    kCutOff,       ///< that one is over, the session goes on; `detail` says why
    kTurnQuiet,    ///< the next request goes: the answer before it had another length than online
    kTurnExpired,  ///< the next request goes: the answer before it did not come in time
    kEnded,        ///< completed, or `detail` says why not
  };
  What what;
  FlowKey captured;           ///< the client's connection
  FlowKey target;             ///< the same as the target sees it; of kNotOpened, its target alone
  std::string_view detail{};  ///< a reason, as in the ledger; empty when there is none
};

class SessionObserver {
 public:
  virtual ~SessionObserver() = default;

  virtual void on_event(const SessionEvent& event) = 0;
};

}  // namespace tcpcopy::session
