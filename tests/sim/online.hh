// SPDX-License-Identifier: BSD-3-Clause
// An online server: answers the clients, and lets a tap see what comes.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/sim/path.hh"
#include "tests/sim/stage.hh"

namespace tcpcopy::sim {

class Online {
 public:
  Online(Stage& stage, Path& to_tap, Path& to_clients)
      : stage_(stage), to_tap_(to_tap), to_clients_(to_clients) {}

  void on_packet(const Packet& packet);

 private:
  struct Connection {
    std::unique_ptr<MiniTcp> tcp;
    RequestReader reader;
  };

  void open(const Packet& syn);
  MiniTcp::Events events(Connection& connection);
  void serve(Connection& connection, const std::string& bytes);
  void answer(Connection& connection, std::uint32_t response);

  Stage& stage_;
  Path& to_tap_;
  Path& to_clients_;
  std::map<FlowKey, Connection> connections_;
};

}  // namespace tcpcopy::sim
