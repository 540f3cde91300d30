// SPDX-License-Identifier: BSD-3-Clause
// One client: its script, its TCP, and what it wrote.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/path.hh"
#include "tests/sim/stage.hh"

namespace tcpcopy::sim {

class Client {
 public:
  struct Ends {
    Endpoint self;
    Endpoint online;
  };

  /// @param id of its requests.
  Client(Stage& stage, std::uint32_t id, const Ends& ends, const ClientPlan& plan, Path& to_online);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void start();
  void on_packet(const Packet& packet) { tcp_.on_packet(packet); }
  /// A later client has its ports: what comes for them is not for this one.
  void give_up_ports() { replaced_ = true; }

  std::uint32_t id() const { return id_; }
  const Ends& ends() const { return ends_; }
  bool replaced() const { return replaced_; }
  const MiniTcp& tcp() const { return tcp_; }
  /// The number of its stream's first byte.
  std::uint32_t first_seq() const { return first_seq_; }

  // What it wrote.
  const std::string& stream() const { return stream_; }
  /// Where requests begin in the stream, by their numbers.
  const std::map<std::uint32_t, std::size_t>& requests() const { return begins_; }
  /// Where the request ends.
  std::size_t end_of(std::uint32_t request) const;
  /// A write began with the request.
  bool began_write(std::uint32_t request) const { return first_of_write_.contains(request); }
  /// It had read all responses when it sent the request.
  bool had_read_all(std::uint32_t request) const { return had_read_all_.contains(request); }

  /// Its script is done, and the network gave it the chance to finish.
  bool done() const { return ended_ && !broken_ && (tcp_.finished() || server_closed_); }
  bool aborts() const { return script_.back().kind == Act::Kind::kAbort; }

 private:
  MiniTcp::Events events(Path& to_online);
  void on_bytes(std::size_t size);
  void go_on();
  bool act(const Act& act);
  void send(const Act& act);
  bool send_tiny(const Act& act);
  void write_down(const Request& request);

  Stage& stage_;
  std::uint32_t id_;
  Ends ends_;
  std::vector<Act> script_;
  std::size_t act_ = 0;
  std::size_t tiny_at_ = 0;  // kSendTiny: what of the stream is sent next
  std::uint32_t first_seq_;
  MiniTcp tcp_;
  bool replaced_ = false;

  std::string stream_;
  std::map<std::uint32_t, std::size_t> begins_;
  std::set<std::uint32_t> first_of_write_;
  std::set<std::uint32_t> had_read_all_;

  std::uint64_t expected_ = 0;  // bytes of responses
  std::uint64_t got_ = 0;
  bool awaiting_ = false;
  bool ended_ = false;
  bool broken_ = false;
  bool server_closed_ = false;
};

}  // namespace tcpcopy::sim
