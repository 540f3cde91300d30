// SPDX-License-Identifier: BSD-3-Clause
// What stands on the hosts of a World; for its own source files alone.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/places.hh"
#include "tests/sim/world.hh"

namespace tcpcopy::sim {

struct World::TargetSide {
  std::unique_ptr<MiniTcp> tcp;
  RequestReader reader;
  FlowKey flow;
  bool greets = false;
  std::string head;  // until the first request tells whose it is
  const Client* client = nullptr;
  std::size_t position = 0;  // in the client's stream
  std::size_t began_at = 0;
  std::vector<Request> queue;  // read, and not answered yet
  bool thinking = false;
  bool client_closed = false;
  bool in_the_middle = false;
  bool of_nobody = false;   // a SYN of the flood, unless the pool hides it
  bool blocked = false;     // kBlocking: while its answers are not taken
  int served = 0;           // answers
  int pushes = 0;           // kPushing
  std::uint64_t asked = 0;  // kIdleClose: requests so far
  Instant moved_at;         // when it last read or said something, or was opened
};

}  // namespace tcpcopy::sim
