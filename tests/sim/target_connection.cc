// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/target_connection.hh"

#include <algorithm>
#include <utility>

#include "tests/sim/places.hh"

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSocketBuffer = 4000;  // what kBlocking may write without being taken
constexpr int kMostPushes = 30;

}  // namespace

// A further connection on the same ports has numbers clear of the last.
TargetConnection::TargetConnection(Stage& stage, const Packet& syn, std::uint32_t number,
                                   const Clients& clients, Path& to_assistant, TargetLife& life)
    : stage_(stage),
      life_(life),
      number_(number),
      greets_(syn.destination == kTargetGreeting),
      reading_(stage, clients),
      moved_at_(stage.now()),
      tcp_(stage.clockwork(), syn.destination, syn.source,
           stage.draw_initial_number() + (number << 24U), stage.weather().target_offers,
           events(to_assistant)) {}

MiniTcp::Events TargetConnection::events(Path& to_assistant) {
  MiniTcp::Events events;
  events.transmit = [this, &to_assistant](const Packet& packet) {
    stage_.note("target", packet);
    if (!packet.payload.empty()) moved_at_ = stage_.now();
    to_assistant.carry(packet);
  };
  events.received = [this](const std::string& bytes) { on_bytes(bytes); };
  events.peer_closed = [this] { on_client_closed(); };
  events.was_reset = [] {};
  events.peer_erred = [this](const char* what) { stage_.fail(what); };
  return events;
}

void TargetConnection::open(const Packet& syn) {
  tcp_.accept(syn);
  if (greets_) tcp_.write(std::string(kGreeting, 'g'));
  show_character();
  if (stage_.weather().target_stalls && stage_.dice().chance(0.5)) {
    const Duration from = stage_.draw_milliseconds(1, 200);
    stall_between(from, from + std::chrono::seconds(stage_.dice().between(1, 20)));
  }
}

void TargetConnection::show_character() {
  switch (stage_.weather().character) {
    case Character::kBusy:
      tcp_.write("421 busy\r\n");
      tcp_.close_fully();
      break;
    case Character::kPushing:
      push();
      break;
    case Character::kIdleClose:
      close_when_idle();
      break;
    case Character::kStopReading: {
      const Duration from = stage_.draw_milliseconds(0, 500);
      stall_between(from, std::chrono::seconds(stage_.dice().between(60, 400)));
      break;
    }
    default:
      break;
  }
}

void TargetConnection::stall_between(Duration from, Duration to) {
  stage_.after(from, [this] { tcp_.stall(true); });
  stage_.after(to, [this] { tcp_.stall(false); });
}

void TargetConnection::push() {
  stage_.after(stage_.weather().pause, [this] {
    if (tcp_.closed() || client_closed_ || ++pushes_ > kMostPushes) return;
    tcp_.write(std::string(static_cast<std::size_t>(stage_.dice().between(1, 100)), 'P'));
    push();
  });
}

void TargetConnection::close_when_idle() {
  stage_.after(stage_.weather().pause, [this, asked = asked_] {
    if (tcp_.closed() || client_closed_) return;
    if (asked_ != asked || !queue_.empty()) return close_when_idle();
    tcp_.close_fully();
    end_by_itself();
  });
}

void TargetConnection::on_packet(const Packet& packet) {
  if (stage_.weather().character == Character::kReneging && stage_.dice().chance(0.05)) {
    tcp_.renege();
  }
  tcp_.on_packet(packet);
  if (!blocked_ || tcp_.unsent() > kSocketBuffer) return;
  blocked_ = false;
  tcp_.stall(false);
}

void TargetConnection::on_bytes(const std::string& bytes) {
  if (!stage_.weather().module) return on_said(bytes);
  const std::string said = ungarbler_.feed(bytes);
  if (ungarbler_.bad()) stage_.fail("the target read what no module wrote");
  if (!said.empty()) on_said(said);
}

void TargetConnection::on_said(const std::string& bytes) {
  if (const auto stretch = reading_.take(bytes)) {
    life_.read[reading_.client()].mark(stretch->from, stretch->to - stretch->from);
    if (life_.watcher != nullptr) life_.watcher->on_read(*this, *stretch);
  }
  moved_at_ = stage_.now();
  ++asked_;
  if (reading_.in_the_middle()) return;  // a real server would answer with an error
  reader_.feed(bytes);
  take_requests();
  if (reader_.bad()) stage_.fail("the target read what is no request");
  if (!queue_.empty()) think();
}

void TargetConnection::take_requests() {
  const auto answer_early = [&] {
    if (stage_.weather().character != Character::kEarly) return;
    if (const auto request = reader_.begun()) say(request->response);
  };
  answer_early();
  while (const auto request = reader_.next()) {
    if (life_.watcher != nullptr && overtakes(*request)) life_.watcher->on_overtaken(*this);
    queue_.push_back(*request);
    answer_early();
  }
}

// Turn order: a request whose sender had seen all responses finds the turn before it answered, its
// first request at least.
bool TargetConnection::overtakes(const Request& request) const {
  const Client* client = reading_.client();
  if (client == nullptr || !client->had_read_all(request.number)) return false;
  return std::any_of(queue_.begin(), queue_.end(), [&](const Request& waiting) {
    return waiting.response > 0 && client->had_read_all(waiting.number);
  });
}

void TargetConnection::on_client_closed() {
  client_closed_ = true;
  if (!queue_.empty()) return;
  tcp_.close();
  end_by_itself();
}

void TargetConnection::think() {
  if (std::exchange(thinking_, true)) return;
  stage_.after(stage_.weather().target_think, [this] { answer(); });
}

void TargetConnection::answer() {
  const Weather& weather = stage_.weather();
  const Request request = queue_.front();
  thinking_ = false;
  moved_at_ = stage_.now();
  end_by_itself();
  if (request.response == Request::kBye) {
    queue_.clear();
    tcp_.close();
    return;
  }
  queue_.erase(queue_.begin());
  const bool nth = ++life_.requests % std::max(weather.every, 1) == 0;
  if (weather.character == Character::kResetEvery && nth) {
    queue_.clear();
    tcp_.abort();
    return;
  }
  const bool said = weather.character == Character::kEarly;  // it is out already
  const bool silent = weather.character == Character::kSilent ||
                      (weather.character == Character::kNeverEvery && nth);
  if (!said && !silent) say(request.response);
  if (weather.character == Character::kCloseAfter && ++served_ >= weather.every) {
    queue_.clear();
    tcp_.close_fully();
  } else if (!queue_.empty()) {
    think();
  } else if (client_closed_) {
    tcp_.close();
  }
}

// An answer, where the online server's has so many bytes.
void TargetConnection::say(std::uint32_t online_length) {
  const Weather& weather = stage_.weather();
  if (online_length == 0 || online_length == Request::kBye || tcp_.closed()) return;
  const auto scaled = static_cast<std::int64_t>(online_length) * weather.response_percent / 100;
  const auto length = std::max<std::int64_t>(1, scaled + weather.response_delta);
  say_part(std::string(static_cast<std::size_t>(length), 'R'), weather.parts);
  if (weather.character == Character::kBlocking && tcp_.unsent() > kSocketBuffer) {
    blocked_ = true;
    tcp_.stall(true);
  }
}

void TargetConnection::say_part(const std::string& rest, int parts) {
  const std::size_t size = parts <= 1 ? rest.size() : rest.size() / static_cast<std::size_t>(parts);
  tcp_.write(rest.substr(0, size));
  moved_at_ = stage_.now();
  end_by_itself();
  if (parts <= 1) return;
  stage_.after(stage_.weather().pause, [this, rest = rest.substr(size), parts] {
    if (!tcp_.closed()) say_part(rest, parts - 1);
  });
}

}  // namespace tcpcopy::sim
