// SPDX-License-Identifier: BSD-3-Clause
// What must be true, while it runs and at the end.
#include "tests/sim/world.hh"

#include <algorithm>

#include "tcpcopy/session/limits.hh"
#include "tests/sim/hosts.hh"

namespace tcpcopy::sim {
namespace {

// Sessions by the reason for which they were lost.
std::string losses(const session::Ledger& ledger) {
  std::string text;
  for (std::size_t i = 0; i < session::kLossReasons; ++i) {
    if (ledger.sessions_lost[i] == 0) continue;
    text += " " + std::string(to_string(static_cast<session::LossReason>(i))) + ":" +
            std::to_string(ledger.sessions_lost[i]);
  }
  return text;
}

using namespace std::chrono_literals;

// How long a silence may be waited for until an answer is over, and an answer that may never come.
constexpr Duration kMostSilence = 250ms;
constexpr Duration kMostPatience = 2500ms;
// How long a session may outlive both its ends; where answers are missing an end may wait for them.
constexpr Duration kMostEnding = 5s;
constexpr Duration kMostEndingUnanswered = 45s;
constexpr Duration kMostHalfOpen = 75s;
// Of a session that the target takes nothing of, before it is forgotten that it was given up.
constexpr int kMostConnections = 6;

}  // namespace

// Where capture missed the start of a stream, nothing tells its requests from their tails, so the
// replay may begin with one; but never with bytes that no client sent.
bool World::joined_in_the_middle(TargetSide& side) {
  for (const auto& client : clients_.all()) {
    const std::size_t at = client->stream().find(side.head);
    if (at == std::string::npos) continue;
    side.client = client.get();
    side.began_at = at;
    side.position = at + side.head.size();
    side.in_the_middle = true;
    return true;
  }
  return false;
}

// What the target reads is the client's stream, from the start of one of its requests on.
void World::check_read(TargetSide& side, const std::string& bytes) {
  if (side.in_the_middle) return;
  std::string fresh = bytes;
  if (side.client == nullptr) {
    side.head += bytes;
    if (side.head.size() < Request::kHeader) return;
    const auto request = Request::parse(side.head);
    const Client* owner = request ? clients_.of_id(request->client) : nullptr;
    if (owner == nullptr && stage_.plan().capture_misses() && joined_in_the_middle(side)) return;
    if (owner == nullptr || !owner->requests().contains(request->number)) {
      stage_.fail("the target read bytes that no client sent");
      return;
    }
    side.client = owner;
    side.position = side.began_at = owner->requests().at(request->number);
    fresh = side.head;
  }
  const std::string& stream = side.client->stream();
  if (stream.compare(side.position, fresh.size(), fresh) != 0 ||
      side.position + fresh.size() > stream.size()) {
    stage_.fail("the target read other bytes than the client sent");
    return;
  }
  read_[side.client].mark(side.position, fresh.size());
  check_waiting(side, side.position, side.position + fresh.size());
  side.position += fresh.size();
}

// In calm weather no request waits longer than silence takes to be sure of, from when it was
// captured, the target had said what it says, and the path was free.
void World::check_waiting(TargetSide& side, std::size_t from, std::size_t to) {
  if (!weather_.calm || !weather_.turn_order || weather_.pool) return;
  if (!answers_all(weather_.character) && weather_.character != Character::kNeverEvery) return;
  // One that says things unasked cannot be told from one that goes on answering, and one that
  // blocks answers late.
  const bool plain = weather_.character < Character::kPushing;
  const Duration patience = plain ? kMostSilence : kMostPatience;
  const Duration trip = weather_.online_target.delay + weather_.target_assistant.delay + 1ms;
  for (const auto& [number, begin] : side.client->requests()) {
    if (begin < from || begin >= to || !side.client->began_write(number)) continue;
    const Instant ready = std::max(tap_.captured_at(*side.client, number), side.moved_at);
    if (stage_.now() > ready + patience + 4 * trip) {
      stage_.fail("request " + std::to_string(number) + " waited in vain for " +
                  std::to_string((stage_.now() - ready) / 1ms) + " ms");
    }
  }
}

// What must not happen where there are no faults.
void World::check_calm() {
  const session::Ledger& ledger = engine_.ledger();
  const std::uint64_t flood = static_cast<std::uint64_t>(weather_.flood) * weather_.copies;
  // A forged packet from where no connection is known joins one in the middle that is none; and so
  // does the client of a target that never says a word, which ended its session (-t).
  const auto silent = static_cast<std::size_t>(session::LossReason::kTargetSilent);
  const bool ended_early =
      weather_.character == Character::kSilent || weather_.character == Character::kNeverEvery;
  const std::uint64_t made_up = flood + (weather_.forged ? ledger.joined : 0) +
                                (ended_early ? ledger.sessions_lost[silent] + ledger.joined : 0);
  if (answers_all(weather_.character)) {
    // Where windows close, probes are sent again.
    if (ledger.retransmissions != 0 && weather_.character != Character::kBlocking) {
      return stage_.fail("something was sent again in calm weather");
    }
    if (ledger.sessions_lost_in_all() > made_up)
      return stage_.fail("lost in calm weather:" + losses(ledger));
    if (ledger.reconnects != 0) return stage_.fail("a session reconnected in calm weather");
  }
  if (ledger.sessions_completed + made_up < ledger.sessions_opened &&
      weather_.character <= Character::kSilent) {
    return stage_.fail("a session of which every byte was delivered was not completed");
  }
  const bool refuses =
      weather_.character == Character::kBusy || weather_.character == Character::kRefusing;
  const auto reused = std::count_if(stage_.plan().clients.begin(), stage_.plan().clients.end(),
                                    [](const ClientPlan& client) { return client.reuses_ports; });
  for (const auto& [flow, syns] : syns_at_target_) {
    const auto times = 1 + (stage_.elapsed()) / session::kRememberGivenUp;
    if (refuses && syns > kMostConnections * (times + reused)) {
      return stage_.fail("a target that refuses is attacked");
    }
  }
  if (weather_.character == Character::kIdleClose) {
    for (const Fate& fate : fates()) {
      if (fate.read || !fate.captured) continue;  // never sent
      return stage_.fail("request " + std::to_string(fate.number) + " of client " +
                         std::to_string(fate.client) + " is lost behind the target's FIN");
    }
  }
  // One that blocks answers later than is waited for, and one that says things unasked may.
  const bool answers = answers_all(weather_.character) && weather_.character < Character::kPushing;
  const Duration patience = answers ? kMostEnding : kMostEndingUnanswered;
  const bool stalls = weather_.character == Character::kStopReading;
  if (flood == 0 && !refuses && !stalls &&
      engine_.sessions_gone_at() > std::max(tap_.last_end(), target_ended_at_) + patience) {
    stage_.fail("a session outlived both its ends");
  }
  if (flood > 0 && answers_all(weather_.character) &&
      engine_.sessions_gone_at() > std::max(tap_.last_end(), target_ended_at_) + kMostHalfOpen) {
    stage_.fail("a session whose client never was lived on");
  }
}

void World::check_end() {
  engine_.check_end();
  if (flood_was_established_) return stage_.fail("a SYN alone made a connection");
  if (weather_.calm) check_calm();
  if (!stage_.plan().capture_misses() && !target_was_restarted_) check_streams();
}

// Every client whose packets were all captured has been replayed as a whole, on one connection.
void World::check_streams() {
  if (!answers_all(weather_.character) && weather_.character != Character::kNeverEvery) return;
  // One that has never said anything is silent (-t), and the session has ended for it.
  const auto silent = static_cast<std::size_t>(session::LossReason::kTargetSilent);
  if (engine_.ledger().sessions_lost[silent] > 0) return;
  for (const auto& client : clients_.all()) {
    if (!client->done()) continue;
    // An RST destroys what a target that does not read for long has not read.
    const bool reads_late = weather_.target_stalls || weather_.character == Character::kBlocking;
    if (client->aborts() && reads_late) continue;
    // One that aborts takes back what the network has not delivered yet.
    if (!tap_.captured(*client, 0, client->stream().size())) continue;
    std::size_t connections = 0;
    std::size_t shortest = client->stream().size();
    const auto count = [&](const TargetSide& side) {
      if (side.client != client.get()) return;
      ++connections;
      shortest = std::min(shortest, side.began_at == 0 ? side.position : 0);
    };
    for (const auto& [flow, side] : target_)
      count(*side);
    for (const auto& side : target_gone_)
      count(*side);
    if (connections != weather_.copies || shortest != client->stream().size()) {
      stage_.fail("client " + std::to_string(client->id()) + " sent " +
                  std::to_string(client->stream().size()) + " bytes; the target read " +
                  std::to_string(shortest) + " on " + std::to_string(connections) + " connections");
    }
  }
}

std::vector<Fate> World::fates() const {
  std::vector<Fate> fates;
  for (const auto& client : clients_.all()) {
    const auto read = read_.find(client.get());
    for (const auto& [number, begin] : client->requests()) {
      const std::size_t end = client->end_of(number);
      fates.push_back({client->id(), number, client->began_write(number),
                       tap_.captured(*client, begin, end),
                       read != read_.end() && read->second.all(begin, end)});
    }
  }
  return fates;
}

}  // namespace tcpcopy::sim
