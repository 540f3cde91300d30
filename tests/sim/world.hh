// SPDX-License-Identifier: BSD-3-Clause
// One scenario: hosts, paths between them, the pure cores of both daemons, and the oracles.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/wire/frame.hh"
#include "common/wire/route_message.hh"
#include "intercept/route/router.hh"
#include "tcpcopy/session/engine.hh"
#include "tests/sim/apps.hh"
#include "tests/sim/dice.hh"
#include "tests/sim/mini_tcp.hh"

namespace tcpcopy::sim {

/// What a path does to packets.
struct Faults {
  double loss = 0;
  double duplication = 0;
  Duration delay = std::chrono::microseconds(100);
  Duration jitter{0};  ///< reorders what is sent closer together
};

/// What a seed draws for the whole scenario.
struct Weather {
  Faults client_online;
  Faults online_client;
  Faults online_target;
  Faults target_assistant;
  double capture_loss = 0;
  Duration target_think{0};
  bool target_stalls = false;
  bool target_restarts = false;
  bool link_breaks = false;
  int response_delta = 0;  ///< how much longer the target's responses are than the online server's
  bool turn_order = true;
  bool distant_client = false;
};

class World : public PacketSink, public RouteSink, public route::MessageSink {
 public:
  explicit World(std::uint64_t seed);
  ~World() override;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Runs to the end. @return what went wrong; empty when nothing did.
  std::string run();

  void trace() { tracing_ = true; }
  std::uint64_t events() const { return clockwork_.steps(); }
  std::uint64_t fingerprint() const { return fingerprint_; }
  const session::Ledger& ledger() const { return engine_.ledger(); }

  // What the cores put out.
  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override;
  bool add_route(const FlowKey& flow) override;
  bool deliver(route::LinkId link, const net::TcpPacket& response) override;
  bool deliver_record(route::LinkId link, Bytes record) override;

 private:
  struct Client;
  struct OnlineSide;
  struct TargetSide;
  using Deliver = std::function<void(const Packet&)>;

  void travel(const Faults& faults, const Packet& packet, const Deliver& deliver);
  void start_client(std::uint32_t id);
  void go_on(Client& client);
  void at_online(const Packet& packet);
  void serve_online(OnlineSide& side, const std::string& bytes);
  void capture(const Packet& packet);
  void at_target(const Packet& packet);
  void open_target(const Packet& syn);
  void serve_target(TargetSide& side, const std::string& bytes);
  void answer(TargetSide& side, const Request& request);
  void at_assistant(const Packet& packet);
  void flush_channel();
  void engine_input(const std::function<void()>& input);
  void schedule_engine();
  void break_link();
  void restart_target();

  void check_sent(const ReplaySegment& segment);
  void check_read(TargetSide& side, const std::string& bytes);
  bool joined_in_the_middle(TargetSide& side);
  void check_end();
  void fail(const std::string& what);
  void note(const char* where, const Packet& packet);

  Clockwork clockwork_;
  Dice dice_;
  Weather weather_;
  session::Engine engine_;
  route::Router router_;
  wire::FrameMode mode_;
  wire::FrameEncoder encoder_;
  wire::FrameDecoder decoder_;
  wire::RouteMessageDecoder route_decoder_;
  std::vector<std::byte> routes_out_;
  route::LinkId link_ = 1;
  bool link_up_ = true;
  bool in_engine_ = false;

  std::vector<std::unique_ptr<Client>> clients_;
  std::map<FlowKey, std::unique_ptr<OnlineSide>> online_;
  std::map<FlowKey, std::unique_ptr<TargetSide>> target_;
  std::vector<std::unique_ptr<TargetSide>> target_gone_;
  std::map<FlowKey, std::uint32_t> last_ack_;
  Instant engine_wake_ = kNever;
  std::uint32_t next_iss_ = 1;
  std::uint64_t fingerprint_ = 1469598103934665603ULL;
  std::string failure_;
  bool tracing_ = false;
  bool target_was_restarted_ = false;
};

}  // namespace tcpcopy::sim
