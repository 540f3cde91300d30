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

struct World::Client {
  std::uint32_t id = 0;
  std::uint16_t port = 0;
  bool replaced = false;                         // its ports belong to a later one
  std::map<std::uint32_t, Instant> captured_at;  // when a request's first byte was, first
  bool greeted = false;
  std::unique_ptr<MiniTcp> tcp;
  std::vector<Act> script;
  std::size_t act = 0;
  std::string stream;                           // all that it wrote
  std::uint32_t first_seq = 0;                  // the number of its first byte
  std::vector<bool> captured;                   // which of its bytes were
  std::vector<bool> read;                       // which of its bytes the target has read
  std::map<std::uint32_t, std::size_t> begins;  // where each request begins in it
  std::set<std::uint32_t> first_of_write;       // requests with which a write began
  std::map<std::uint32_t, bool> waited;         // it had read all responses before sending this one
  std::uint64_t expected = 0;
  std::uint64_t got = 0;
  bool awaiting = false;
  bool ended = false;   // the script is done
  bool broken = false;  // the network gave it no chance to finish
  bool server_closed = false;
  std::size_t tiny_at = 0;
};

struct World::OnlineSide {
  std::unique_ptr<MiniTcp> tcp;
  RequestReader reader;
};

struct World::TargetSide {
  std::unique_ptr<MiniTcp> tcp;
  RequestReader reader;
  FlowKey flow;
  bool greets = false;
  std::string head;  // until the first request tells whose it is
  Client* client = nullptr;
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
