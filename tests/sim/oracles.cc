// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/oracles.hh"

#include <algorithm>
#include <string>

#include "tcpcopy/session/limits.hh"

namespace tcpcopy::sim {
namespace {

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

// Sessions whose target never said a word (-t).
std::uint64_t lost_to_silence(const session::Ledger& ledger) {
  return ledger.sessions_lost[static_cast<std::size_t>(session::LossReason::kTargetSilent)];
}

bool refuses(Character character) {
  return character == Character::kBusy || character == Character::kRefusing;
}

// One that blocks answers later than is waited for, and one that says things unasked may.
bool answers_in_time(Character character) {
  return answers_all(character) && character < Character::kPushing;
}

}  // namespace

// In calm weather no request waits longer than silence takes to be sure of, from when it was
// captured, the target had said what it says, and the path was free.
void Oracles::on_read(const TargetConnection& connection, const Reading::Stretch& stretch) {
  const Weather& weather = stage_.weather();
  if (!weather.calm || !weather.turn_order || weather.pool) return;
  if (!answers_all(weather.character) && weather.character != Character::kNeverEvery) return;
  // One that says things unasked cannot be told from one that goes on answering.
  const bool plain = weather.character < Character::kPushing;
  const Duration patience = plain ? kMostSilence : kMostPatience;
  const Duration trip = weather.online_target.delay + weather.target_assistant.delay + 1ms;
  const Client& client = *connection.reading().client();
  for (const auto& [number, begin] : client.requests()) {
    if (begin < stretch.from || begin >= stretch.to || !client.began_write(number)) continue;
    const Instant ready = std::max(tap_.captured_at(client, number), connection.moved_at());
    if (stage_.now() > ready + patience + 4 * trip) {
      stage_.fail("request " + std::to_string(number) + " waited in vain for " +
                  std::to_string((stage_.now() - ready) / 1ms) + " ms");
    }
  }
}

// Unless the engine had waited for as long as it has to, or could not know what the client had
// read.
void Oracles::on_overtaken(const TargetConnection& connection) {
  const Weather& weather = stage_.weather();
  // A greeting can only be waited for when the client's first ack was captured in order.
  const bool base_known = !connection.greets() || weather.client_online.loss == 0;
  const bool waited = engine_.ledger().turn_expiries + engine_.ledger().turn_quiets > 0;
  const bool as_online = weather.character == Character::kPlain && weather.response_delta == 0 &&
                         !target_.was_restarted();
  if (weather.turn_order && base_known && !waited && as_online && !stage_.plan().capture_misses()) {
    stage_.fail("a request came before the answer to the one before it");
  }
}

// What must not happen where there are no faults.
void Oracles::check_calm() {
  check_losses();
  check_attacks();
  if (stage_.weather().character == Character::kIdleClose) check_captured_was_read();
  check_lifetimes();
}

// Sessions without a client. A forged packet from where no connection is known joins one in the
// middle that is none; and so does the client of a target that never says a word, which ended its
// session (-t).
std::uint64_t Oracles::made_up() const {
  const Weather& weather = stage_.weather();
  const session::Ledger& ledger = engine_.ledger();
  const bool ended_early =
      weather.character == Character::kSilent || weather.character == Character::kNeverEvery;
  return static_cast<std::uint64_t>(weather.flood) * weather.copies +
         (weather.forged ? ledger.joined : 0) +
         (ended_early ? lost_to_silence(ledger) + ledger.joined : 0);
}

void Oracles::check_losses() {
  const Character character = stage_.weather().character;
  const session::Ledger& ledger = engine_.ledger();
  if (answers_all(character)) {
    // Where windows close, probes are sent again.
    if (ledger.retransmissions != 0 && character != Character::kBlocking) {
      stage_.fail("something was sent again in calm weather");
    }
    if (ledger.sessions_lost_in_all() > made_up()) {
      stage_.fail("lost in calm weather:" + losses(ledger));
    }
    if (ledger.reconnects != 0) stage_.fail("a session reconnected in calm weather");
  }
  if (ledger.sessions_completed + made_up() < ledger.sessions_opened &&
      character <= Character::kSilent) {
    stage_.fail("a session of which every byte was delivered was not completed");
  }
}

void Oracles::check_attacks() {
  if (!refuses(stage_.weather().character)) return;
  const auto& plans = stage_.plan().clients;
  const auto reused = std::count_if(plans.begin(), plans.end(),
                                    [](const ClientPlan& client) { return client.reuses_ports; });
  const auto times = 1 + stage_.elapsed() / session::kRememberGivenUp;
  for (const auto& [flow, syns] : target_.syns()) {
    if (syns > kMostConnections * (times + reused)) {
      stage_.fail("a target that refuses is attacked");
    }
  }
}

void Oracles::check_captured_was_read() {
  for (const Fate& fate : fates()) {
    if (fate.read || !fate.captured) continue;  // never sent
    stage_.fail("request " + std::to_string(fate.number) + " of client " +
                std::to_string(fate.client) + " is lost behind the target's FIN");
  }
}

void Oracles::check_lifetimes() {
  const Weather& weather = stage_.weather();
  const Duration outlived =
      engine_.sessions_gone_at() - std::max(tap_.last_end(), target_.ended_at());
  const bool stalls = weather.character == Character::kStopReading;
  const Duration patience =
      answers_in_time(weather.character) ? kMostEnding : kMostEndingUnanswered;
  if (weather.flood == 0 && !refuses(weather.character) && !stalls && outlived > patience) {
    stage_.fail("a session outlived both its ends");
  }
  if (weather.flood > 0 && answers_all(weather.character) && outlived > kMostHalfOpen) {
    stage_.fail("a session whose client never was lived on");
  }
}

// Every client whose packets were all captured has been replayed as a whole, on one connection.
void Oracles::check_streams() {
  const Weather& weather = stage_.weather();
  if (stage_.plan().capture_misses() || target_.was_restarted()) return;
  if (!answers_all(weather.character) && weather.character != Character::kNeverEvery) return;
  if (lost_to_silence(engine_.ledger()) > 0) return;
  for (const auto& client : clients_.all()) {
    if (!must_be_whole(*client)) continue;
    const std::size_t size = client->stream().size();
    std::size_t connections = 0;
    std::size_t shortest = size;
    for (const auto& connection : target_.connections()) {
      const Reading& reading = connection->reading();
      if (reading.client() != client.get()) continue;
      ++connections;
      shortest = std::min(shortest, reading.began_at() == 0 ? reading.position() : 0);
    }
    if (connections == weather.copies && shortest == size) continue;
    stage_.fail("client " + std::to_string(client->id()) + " sent " + std::to_string(size) +
                " bytes; the target read " + std::to_string(shortest) + " on " +
                std::to_string(connections) + " connections");
  }
}

// One that aborts takes back what the network has not delivered yet, and its RST destroys what a
// target that does not read for long has not read.
bool Oracles::must_be_whole(const Client& client) const {
  const Weather& weather = stage_.weather();
  const bool reads_late = weather.target_stalls || weather.character == Character::kBlocking;
  return client.done() && !(client.aborts() && reads_late) &&
         tap_.captured(client, 0, client.stream().size());
}

std::vector<Fate> Oracles::fates() const {
  std::vector<Fate> fates;
  for (const auto& client : clients_.all()) {
    for (const auto& [number, begin] : client->requests()) {
      const std::size_t end = client->end_of(number);
      fates.push_back({client->id(), number, client->began_write(number),
                       tap_.captured(*client, begin, end), target_.has_read(*client, begin, end)});
    }
  }
  return fates;
}

}  // namespace tcpcopy::sim
