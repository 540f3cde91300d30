// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/strangers.hh"

#include "tests/sim/places.hh"

namespace tcpcopy::sim {
namespace {

constexpr int kForgeries = 6;
constexpr std::int64_t kWindow = 60'000;

}  // namespace

void Flood::start() {
  for (int i = 0; i < stage_.weather().flood; ++i) {
    stage_.after(stage_.draw_milliseconds(1, 1000),
                 [this, i] { send(static_cast<std::uint32_t>(i)); });
  }
}

void Flood::send(std::uint32_t number) {
  Packet syn;
  syn.source = {Address::v4(kNobody + number), 30'000};
  syn.destination = {kOnlineAddress, kOnlinePort};
  syn.seq = stage_.draw_initial_number();
  syn.flags = TcpFlags::kSyn;
  syn.window = 65535;
  online_.on_packet(syn);
}

void Forger::start() {
  for (int i = 0; i < kForgeries; ++i) {
    stage_.after(stage_.draw_milliseconds(1, 3000), [this] {
      for (const auto& client : clients_.all()) {
        if (!client->replaced() && !client->tcp().closed()) forge(*client);
      }
    });
  }
}

void Forger::forge(const Client& client) {
  Dice& dice = stage_.dice();
  Packet packet;
  packet.source = client.ends().self;
  packet.destination = client.ends().online;
  packet.ack = static_cast<std::uint32_t>(dice.next());
  packet.window = static_cast<std::uint16_t>(dice.next());
  const std::uint32_t expected = client.tcp().sent_up_to();
  switch (dice.between(0, 3)) {
    case 0:  // in the window, and not where it is expected
      packet.flags = TcpFlags::kRst;
      packet.seq = expected + static_cast<std::uint32_t>(dice.between(1, kWindow));
      break;
    case 1:
      packet.flags = TcpFlags::kRst | TcpFlags::kAck;
      packet.seq = static_cast<std::uint32_t>(dice.next());
      if (packet.seq == expected) ++packet.seq;
      break;
    case 2:  // bytes far outside, which acknowledge anything
      packet.flags = TcpFlags::kAck | TcpFlags::kPsh;
      packet.seq = expected + static_cast<std::uint32_t>(dice.between(2, 30)) * 1'000'000;
      packet.payload = std::string(100, 'f');
      break;
    default:
      packet.flags = TcpFlags::kAck;
      packet.seq = static_cast<std::uint32_t>(dice.next());
      break;
  }
  stage_.note("forged", packet);
  engine_.on_captured(packet);
}

}  // namespace tcpcopy::sim
