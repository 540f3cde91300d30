// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/worker.hh"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <utility>

#include "common/runtime/budget.hh"
#include "tcpcopy/batch.hh"
#include "tcpcopy/startup.hh"

namespace tcpcopy::replayer {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWakeUpSpacing = 300us;  // under load, with many sessions
// Packets that lead to nothing for so long are of clients whose sessions were given up, or wait for
// their next attempt: nobody waits for these.
constexpr Duration kNothingSent = 100ms;
constexpr Duration kIdleSpacing = 5ms;
// Behind the end of all sessions, answers to stragglers of the target still go out for this long.
constexpr Duration kStragglerTime = 300ms;
// A file is not read on while more sessions than this have something to do, or more bytes wait to
// be acknowledged: it can wait, and then nothing is lost at any speed.
constexpr std::size_t kMaxUnfinished = 512;
constexpr std::uint64_t kMaxHeldOfFiles = std::uint64_t{64} << 20U;
constexpr Duration kDrainPeriod = 50ms;  // between looks at what sessions still have to do

}  // namespace

Worker::Worker(runtime::EventLoop& loop, const options::Options& options)
    : loop_(loop),
      options_(options),
      ways_(loop, options),
      memory_(options.settings.max_memory, ways_.replay()),
      path_watch_(loop, options, ways_),
      mtu_(options.settings.mtu) {
  ways_.outbox().set_mtu(mtu_);
}

void Worker::start() {
  for (const int fd : ways_.intake().descriptors())
    capture_watches_.push_back(loop_.watch(fd, EPOLLIN, [this](std::uint32_t) { capture(); }));
  loop_.before_clock([this] { ways_.outbox().flush(); });
  loop_.at_end_of_wake_up([this] { end_wake_up(); });
  loop_.space_wake_ups([this] { return spacing(); });
  loop_.wake_by([this] { return ways_.replay().next_deadline(); });
  loop_.wake_by([this] { return ways_.returns().deadline(); });
  loop_.wake_by([this] { return phase_ == Phase::kReplaying ? ways_.intake().due() : kNever; });
  timers_.push_back(loop_.every(MemoryWatch::kPeriod, [this] { memory_.look(loop_.now()); }));
  if (ways_.intake().passes() == nullptr) {
    timers_.push_back(loop_.every(PathDoubt::kPeriod, [this] { look_at_path(); }));
    loop_.wake_by([this] { return path_watch_.deadline(); });
  }
  timers_.push_back(loop_.every(inject::Injector::kRefreshPeriod, [this] { look_at_way(); }));
  timers_.push_back(loop_.every(kDrainPeriod, [this] { finish_pass(); }));
  ways_.returns().start(ways_.responses());
}

Duration Worker::spacing() {
  const Standing now = standing();
  if (std::exchange(packets_sent_, now.packets) != now.packets) sent_at_ = loop_.now();
  // Datagrams are not counted here. What one wake-up cannot take must not wait: it would be lost.
  const bool in_vain = now.packets > 0 && loop_.now() >= sent_at_ + kNothingSent;
  if (in_vain && captured_ != Outcome::kMore) return kIdleSpacing;
  return now.sessions >= kManySessions ? kWakeUpSpacing : Duration(0);
}

void Worker::look_at_path() {
  if (phase_ == Phase::kReplaying) path_watch_.look(standing());
}

void Worker::look_at_way() {
  ways_.injector().refresh();
  const std::uint16_t mtu = mtu_to_targets(options_);
  if (mtu == std::exchange(mtu_, mtu)) return;
  spdlog::info("the way to the targets takes packets of {} bytes now", mtu);
  ways_.replay().set_mtu(mtu);
  ways_.outbox().set_mtu(mtu);
}

void Worker::capture() {
  captured_ = Outcome::kMore;
  for (runtime::Budget budget(loop_); captured_ == Outcome::kMore && budget.another();)
    captured_ = ways_.intake().read_batch(loop_.now(), ways_.replay());
  if (captured_ == Outcome::kEnded) phase_ = Phase::kBetweenPasses;
  if (captured_ == Outcome::kFailed) fail();
}

bool Worker::too_much_under_way() {
  const Standing now = standing();
  return now.unfinished > kMaxUnfinished || now.held > kMaxHeldOfFiles;
}

std::optional<Worker::OfFiles> Worker::of_files() {
  const capture::Passes* passes = ways_.intake().passes();
  if (passes == nullptr) return std::nullopt;
  return OfFiles{passes->progress(),
                 {!ways_.returns().reachable(), too_much_under_way(), phase_ != Phase::kReplaying,
                  ways_.intake().due()}};
}

// Of a capture that has no descriptor: a file waits for time, and for the sessions.
void Worker::capture_what_is_due() {
  if (phase_ != Phase::kReplaying) return;
  if (capture::Passes* passes = ways_.intake().passes()) {
    passes->hold_back(!ways_.returns().reachable() || too_much_under_way(), loop_.now());
  }
  if (ways_.intake().due() <= loop_.now()) capture();
}

// The files have ended: what is held is sent, then they begin again, or all is done.
void Worker::finish_pass() {
  if (phase_ != Phase::kBetweenPasses) return;
  if (standing().sessions > 0) return ways_.replay().drain(loop_.now());
  const auto next = ways_.intake().passes()->next_pass(loop_.now());
  if (next == capture::Passes::Next::kBegun) {
    phase_ = Phase::kReplaying;
  } else {
    phase_ = Phase::kEnding;
    end_of_files(next);
  }
}

void Worker::end_of_files(capture::Passes::Next why) {
  if (why == capture::Passes::Next::kFailed) {
    exit_status_ = 1;
    spdlog::error("ending: not all has been replayed");
  } else if (!ways_.intake().matched()) {
    exit_status_ = kNothingMatched;
    spdlog::error("ending: nothing in these files matched the rules; {}",
                  ways_.intake().what_was_there());
  } else {
    spdlog::info("ending: all has been replayed");
  }
}

void Worker::hear_of_returns() {
  using News = returns::Returns::News;
  const News news = ways_.returns().news();
  if (news == News::kReachable) ways_.replay().on_path_restored(loop_.now());
  if (news == News::kFailed) fail();
  if (news == News::kLost && options_.exit_on_link_loss && phase_ < Phase::kEnding) {
    spdlog::error("the last link to an intercept is lost; ending (--exit-on-link-loss)");
    fail();
  }
}

// What the wake-up brought leaves here.
void Worker::end_wake_up() {
  const Instant now = loop_.now();
  hear_of_returns();
  capture_what_is_due();
  ways_.log_modules();
  ways_.returns().end_wake_up([this] { return standing(); }, now);
  for (runtime::Budget budget(loop_); budget.another();) {
    ways_.replay().on_deadline(now);
    if (ways_.replay().next_deadline() > now) break;
  }
  path_watch_.end_wake_up();
  ways_.outbox().flush();
  if (memory_.due()) memory_.look(now);
  const Standing left = standing();
  first_delivery_.look(left, now);
  if (phase_ == Phase::kEnding && left.sessions == 0) {
    phase_ = Phase::kStragglers;
    timers_.push_back(loop_.after(kStragglerTime, [this] { loop_.stop(); }));
  }
}

// What this process lives on is gone, and the log says what.
void Worker::fail() {
  exit_status_ = 1;
  if (phase_ < Phase::kEnding) end();
}

void Worker::end() {
  phase_ = Phase::kEnding;
  capture_watches_.clear();
  ways_.replay().drain(loop_.now());
  timers_.push_back(loop_.after(drain_time(), [this] { ways_.replay().shut_down(loop_.now()); }));
}

Report Worker::report() {
  Report report;
  ways_.replay().report(report);
  ways_.intake().report(report);
  ways_.injector().report(report);
  ways_.returns().report(report);
  return report;
}

}  // namespace tcpcopy::replayer
