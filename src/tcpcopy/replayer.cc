// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/replayer.hh"

#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <csignal>
#include <utility>

#include "common/net/datagram_packet.hh"
#include "common/runtime/budget.hh"
#include "common/runtime/daemon.hh"
#include "tcpcopy/batch.hh"
#include "tcpcopy/capture/client_segment.hh"
#include "tcpcopy/pool_check.hh"
#include "tcpcopy/session/limits.hh"
#include "tcpcopy/startup.hh"
#include "tcpcopy/ways.hh"

namespace tcpcopy::replayer {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTurnSpacing = 300us;  // under load, with many sessions
constexpr Duration kMemoryCheck = 1s;
constexpr Duration kTraceFlush = 1s;
// Behind the end of all sessions, answers to stragglers of the target still go out for this long.
constexpr Duration kStragglerTime = 300ms;
// A file is not read on while more sessions than this have something to do, or more bytes wait to
// be acknowledged: it can wait, and then nothing is lost at any speed.
constexpr std::size_t kMaxUnfinished = 512;
constexpr std::uint64_t kMaxHeldOfFiles = std::uint64_t{64} << 20U;
constexpr Duration kDrainPeriod = 50ms;  // between looks at what sessions still have to do

}  // namespace

Replayer::Replayer(const options::Options& options)
    : options_(settled(options)),
      capture_(make_capture(options)),
      missed_(options.lose_captured),
      injector_(make_injector(options)),
      links_(loop_, {options.intercepts, options.links, options.mode, options.single},
             {[this](const Response& response) { take_response(response); },
              [this] { links_changed_ = true; }}),
      engine_(options_.settings, session::TargetRules(options.rules),
              session::SourceAddresses(options.client_pool, options.loopback_as), loop_.now()),
      rules_(options.rules),
      memory_(options.settings.max_memory) {
  if (!options.response_devices.empty()) open_responses();
  if (!options.trace_file.empty()) open_trace();
  outbox_.set_mtu(options_.settings.mtu);
  if (options.udp) {
    datagrams_.emplace(options_.settings, rules_,
                       session::SourceAddresses(options.client_pool, options.loopback_as),
                       loop_.now());
  }
}

void Replayer::open_responses() {
  responses_ = std::make_unique<returns::DeviceResponses>(
      loop_, options_.response_devices, options::response_filter(options_),
      returns::DeviceResponses::Events{
          [this](const Response& response) { take_response(response); }, [this] { fail(); }});
}

void Replayer::open_trace() {
  trace_ = std::make_unique<trace::PacketTrace>(
      options_.trace_file, trace::PacketTrace::Next{outbox_, outbox_},
      [this](const FlowKey& target) { return engine_.captured_flow(target); });
  loop_.every(kTraceFlush, [this] { trace_->flush(); });
}

PacketSink& Replayer::packets() {
  if (trace_) return *trace_;
  return outbox_;
}

RouteSink& Replayer::routes() {
  if (responses_) return *responses_;
  return links_;
}

StatisticsSources Replayer::statistics() const {
  capture_->update_counters();
  const auto responses = responses_ ? std::optional(responses_->counters()) : std::nullopt;
  return {engine_.ledger(),
          capture_->counters(),
          injector_->counters(),
          links_,
          responses,
          datagrams_ ? &datagrams_->counts() : nullptr};
}

int Replayer::run() {
  connect_rooms();
  log_amplification(options_);
  check_client_pool(loop_, options_);
  links_.start();
  loop_.run();
  if (progress_) progress_->clear();
  log_summary(statistics());
  capture_->log_summary();
  runtime::log_resource_use(loop_.turn_times());
  if (options_.lose_captured > 0) {
    spdlog::warn("--lose-captured, for tests: packets thrown away:{}", missed_.count());
  }
  return exit_status();
}

int Replayer::exit_status() const {
  if (exit_status_ != 0 || !options_.capture.fail_below) return exit_status_;
  const double percent = delivered_percent(statistics());
  const bool enough = percent >= *options_.capture.fail_below;
  spdlog::log(enough ? spdlog::level::info : spdlog::level::err,
              "delivered: {:.3f} %; wanted: {} % (--fail-below)", percent,
              *options_.capture.fail_below);
  return enough ? 0 : kTooLittleDelivered;
}

void Replayer::connect_rooms() {
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGUSR1}, [this](int signal) { on_signal(signal); });
  for (const int fd : capture_->descriptors())
    loop_.watch(fd, EPOLLIN, [this](std::uint32_t) { capture(); });
  loop_.before_clock([this] { outbox_.flush(); });
  loop_.at_end_of_turn([this] { end_turn(); });
  loop_.space_turns(kTurnSpacing, [this] { return engine_.sessions() >= kManySessions; });
  loop_.wake_by([this] { return engine_.next_deadline(); });
  loop_.wake_by([this] { return coalescing_.deadline(); });
  loop_.wake_by([this] { return input_ended_ || draining_ ? kNever : capture_->due(); });
  loop_.every(std::chrono::seconds(options_.statistics_seconds),
              [this] { log_statistics(statistics(), lag_told_); });
  loop_.every(kMemoryCheck, [this] { bound_memory(); });
  loop_.every(inject::Injector::kRefreshPeriod, [this] {
    injector_->refresh();
    follow_mtu();
  });
  if (!capture_->progress()) return;
  progress_.emplace(loop_.now());
  loop_.every(progress_->period(), [this] {
    progress_->show(*capture_->progress(), engine_.ledger(), file_wait(), loop_.now());
  });
  loop_.every(kDrainPeriod, [this] { finish_pass(); });
}

// The engine keeps its own account below what is left of -m at every moment; how much that is, is
// found out here.
void Replayer::bound_memory() {
  const std::uint64_t limit = options_.settings.max_memory;
  std::uint64_t use = runtime::resident_memory();
  if (use > limit) {
    ::malloc_trim(0);  // what was freed counts until it is given back
    memory_.on_given_back();
    use = runtime::resident_memory();
  }
  engine_.set_max_memory(memory_.on_look(use, engine_.memory_use()));
  if (use <= limit) return;
  const std::size_t ended = engine_.shed(use - limit, loop_.now(), output());
  if (!memory_log_.allow(loop_.now())) return;
  spdlog::warn("the process takes {} MB, more than -m {} allows: {} sessions were ended",
               use >> 20U, limit >> 20U, ended);
}

void Replayer::follow_mtu() {
  const std::uint16_t mtu = mtu_to_targets(options_);
  if (mtu == std::exchange(options_.settings.mtu, mtu)) return;
  spdlog::info("the way to the targets takes packets of {} bytes now", mtu);
  engine_.set_mtu(mtu);
  outbox_.set_mtu(mtu);
}

void Replayer::capture() {
  for (runtime::Budget budget(loop_); budget.another();) {
    const auto outcome =
        capture_->read(loop_.now(), [this](const net::CapturedPacket& packet) { take(packet); });
    if (outcome == capture::ClientCapture::Outcome::kMore) continue;
    input_ended_ = outcome == capture::ClientCapture::Outcome::kEnded;
    if (outcome == capture::ClientCapture::Outcome::kFailed) fail();
    break;
  }
}

bool Replayer::too_much_under_way() const {
  return engine_.unfinished() > kMaxUnfinished || engine_.ledger().held.bytes > kMaxHeldOfFiles;
}

FileWait Replayer::file_wait() const {
  return {!routes_known(), too_much_under_way(), input_ended_, capture_->due()};
}

// Of a capture that has no descriptor: a file waits for time, and for the sessions.
void Replayer::capture_what_is_due() {
  if (input_ended_ || draining_) return;
  capture_->hold_back(!routes_known() || too_much_under_way(), loop_.now());
  if (capture_->due() <= loop_.now()) capture();
}

// The files have ended: what is held is sent, then they begin again, or all is done.
void Replayer::finish_pass() {
  if (!input_ended_ || draining_) return;
  if (engine_.sessions() > 0) {
    engine_.drain(loop_.now(), output());
    return;
  }
  const auto next = capture_->next_pass(loop_.now());
  input_ended_ = next != capture::ClientCapture::Outcome::kMore;
  if (!input_ended_) return;
  draining_ = true;
  if (next == capture::ClientCapture::Outcome::kFailed) {
    exit_status_ = 1;
    spdlog::error("ending: not all has been replayed");
  } else if (matched() == 0) {
    exit_status_ = kNothingMatched;
    spdlog::error("ending: nothing in these files matched the rules; {}", what_was_there());
  } else {
    spdlog::info("ending: all has been replayed");
  }
}

std::uint64_t Replayer::matched() const {
  return datagrams_ ? datagrams_->counts().captured.packets : engine_.ledger().captured.packets;
}

std::string Replayer::what_was_there() const {
  constexpr std::size_t kShown = 8;
  if (unmatched_.packets() == 0) {
    return datagrams_ ? "no UDP over IPv4 could be read" : "no TCP over IPv4 could be read";
  }
  return fmt::format("{} packets went to {}", unmatched_.packets(),
                     unmatched_.most_frequent(kShown));
}

// What to tell of at the end of the files, as long as nothing has matched.
void Replayer::note_unmatched(const Endpoint& destination, bool opens) {
  if (from_files() && matched() == 0) unmatched_.add(destination, opens);
}

void Replayer::take(const net::CapturedPacket& packet) {
  if (missed_.next()) return;
  if (trace_) trace_->captured(packet.bytes);
  if (datagrams_) return take_datagram(packet);
  net::CaptureCounters& counters = capture_->counters();
  const auto captured = capture::client_segment(packet, counters);
  if (!captured || is_own(captured->segment.destination)) return;
  const ClientSegment& segment = captured->segment;
  if (rules_.target_of(segment.destination) == nullptr) {
    return note_unmatched(segment.destination, segment.flags.syn() && !segment.flags.ack());
  }
  cut_packets_.add(segment, captured->cut, counters);
  if (from_files() && capture::has_bad_checksum(packet)) ++counters.bad_checksums;
  engine_.on_client_segment(segment, loop_.now(), output());
}

void Replayer::take_datagram(const net::CapturedPacket& packet) {
  const auto datagram = net::parse_datagram(packet.bytes);
  if (!datagram) {
    const bool told = packet.error != net::ParseError::kNone;
    ++capture_->counters().of(told ? packet.error : datagram.error);
    return;
  }
  const Endpoint& destination = datagram.value.destination;
  if (is_own(destination)) return;
  if (rules_.target_of(destination) == nullptr) return note_unmatched(destination, false);
  DatagramSink& sink = trace_ ? static_cast<DatagramSink&>(*trace_) : outbox_;
  datagrams_->on_datagram(datagram.value, loop_.now(), sink);
}

void Replayer::take_response(const Response& response) {
  if (trace_) trace_->returned(response);
  engine_.on_response(response, loop_.now(), output());
}

// What was captured once may well have gone to the target. What is captured now has not, unless
// this process sent it.
bool Replayer::is_own(const Endpoint& destination) {
  if (from_files() || !rules_.is_target(destination)) return false;
  ++capture_->counters().own_packets;
  return true;
}

// What the wake-up brought leaves here.
void Replayer::end_turn() {
  const session::Output out = output();
  const Instant now = loop_.now();
  if (std::exchange(links_changed_, false)) {
    if (links_.any_connected()) {
      was_connected_ = true;
      engine_.on_route_restored(now, out);
    } else if (options_.exit_on_link_loss && was_connected_ && !draining_) {
      spdlog::error("the last link to an intercept is lost; ending (--exit-on-link-loss)");
      exit_status_ = 1;
      begin_drain();
    }
  }
  capture_what_is_due();
  const auto sessions = [this]() -> returns::ResponseCoalescing::Sessions {
    return {engine_.sessions(), engine_.unfinished(), engine_.waiting()};
  };
  if (!responses_) coalescing_.end_turn(sessions, now);
  for (runtime::Budget budget(loop_); budget.another();) {
    engine_.on_deadline(now, out);
    if (engine_.next_deadline() > now) break;
  }
  outbox_.flush();
  if (memory_.due(engine_.memory_use())) bound_memory();
  first_delivery_.look(engine_.ledger());
  if (draining_ && engine_.sessions() == 0 && !std::exchange(finished_, true)) {
    loop_.after(kStragglerTime, [this] { loop_.stop(); });
  }
}

void Replayer::on_signal(int signal) {
  if (signal == SIGUSR1) {
    log_statistics(statistics(), lag_told_);
    runtime::log_resource_use(loop_.turn_times());
  } else if (signal == SIGHUP) {
    runtime::reopen_log("tcpcopy", options_.log_file);
  } else if (draining_) {
    loop_.stop();
  } else if (datagrams_) {
    spdlog::info("ending");
    begin_drain();
  } else {
    spdlog::info(
        "ending: {} sessions have {} ms to finish", engine_.sessions(),
        std::chrono::duration_cast<std::chrono::milliseconds>(session::kDrainTime).count());
    begin_drain();
  }
}

// What this process lives on is gone, and the log says what.
void Replayer::fail() {
  exit_status_ = 1;
  if (!draining_) begin_drain();
}

// No more is captured; sessions send what they hold and close. Then the rest is reset.
void Replayer::begin_drain() {
  draining_ = true;
  for (const int fd : capture_->descriptors())
    loop_.forget(fd);
  engine_.drain(loop_.now(), output());
  loop_.after(session::kDrainTime, [this] { engine_.shut_down(loop_.now(), output()); });
}

}  // namespace tcpcopy::replayer
