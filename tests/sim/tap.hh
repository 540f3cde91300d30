// SPDX-License-Identifier: BSD-3-Clause
// Capture on an online server's host: what it misses, and what it saw of which client.
#pragma once

#include <cstdint>
#include <map>

#include "tests/sim/clients.hh"
#include "tests/sim/engine_host.hh"
#include "tests/sim/stage.hh"
#include "tests/sim/stream_marks.hh"

namespace tcpcopy::sim {

class Tap {
 public:
  Tap(Stage& stage, const Clients& clients, EngineHost& engine)
      : stage_(stage), clients_(clients), engine_(engine) {}

  void on_packet(const Packet& packet);

  /// Every byte of the client's stream in [from, to) was captured, at least once.
  bool captured(const Client& client, std::size_t from, std::size_t to) const;
  /// When the first byte of a request was, first; the beginning of all time when it was not.
  Instant captured_at(const Client& client, std::uint32_t request) const;
  /// When the last packet with FIN or RST was.
  Instant last_end() const { return last_end_; }

 private:
  struct Seen {
    StreamMarks bytes;
    std::map<std::uint32_t, Instant> requests;
  };

  void note(const Client& client, const Packet& packet);

  Stage& stage_;
  const Clients& clients_;
  EngineHost& engine_;
  std::map<const Client*, Seen> seen_;
  Instant last_end_;
};

}  // namespace tcpcopy::sim
