// SPDX-License-Identifier: BSD-3-Clause
// One loop's rooms, connected: what is captured goes through the replay to the outbox and leaves,
// what comes back goes to the replay. A packet passes here on its way, and never comes back.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/runtime/event_loop.hh"
#include "tcpcopy/log_lines.hh"
#include "tcpcopy/memory_watch.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/path_watch.hh"
#include "tcpcopy/progress.hh"
#include "tcpcopy/ways.hh"

namespace tcpcopy::replayer {

/// What is being done. It only goes on, but for the first two.
enum class Phase : std::uint8_t {
  kReplaying,
  kBetweenPasses,  ///< the files have been read: sessions finish, then all begins again or ends
  kEnding,         ///< nothing is captured any more; sessions send what they hold and close
  kStragglers,     ///< all sessions have ended; what their targets still send is answered
};

class Worker {
 public:
  /// The exit status when nothing in the files matched the rules.
  static constexpr int kNothingMatched = 4;

  /// Opens sockets and checks filters. Throws UsageError or SystemError.
  /// @param loop, options outlive it.
  Worker(runtime::EventLoop& loop, const options::Options& options);

  /// Connects the rooms with the loop, and with intercepts.
  void start();

  /// Captures no more; sessions send what they hold and close, for drain_time(). Then the rest is
  /// reset, and the loop is stopped.
  void end();
  Duration drain_time() { return ways_.replay().drain_time(); }

  /// What can change while it runs.
  void set_percent(std::uint8_t percent) { ways_.replay().set_percent(percent); }
  void observe(session::SessionObserver* observer) { ways_.replay().observe(observer); }
  void set_key(const std::string& key_file) { ways_.returns().read_key(key_file); }
  /// For the line of a service manager.
  std::string links() { return ways_.returns().describe(); }

  Phase phase() const { return phase_; }
  Standing standing() { return ways_.replay().standing(); }
  /// How far files have come, and what they wait for; nothing without files.
  struct OfFiles {
    capture::Progress progress;
    FileWait wait;
  };
  std::optional<OfFiles> of_files();
  Report report();
  /// Says at the end what the way of capture has to say.
  void log_summary() { ways_.intake().log_summary(); }
  /// 0, or why it ended.
  int exit_status() const { return exit_status_; }

 private:
  using Outcome = capture::Intake::Outcome;

  void capture();
  void capture_what_is_due();
  void hear_of_returns();
  void end_wake_up();
  void finish_pass();
  void end_of_files(capture::Passes::Next why);
  void fail();
  Duration spacing();
  void look_at_path();
  void look_at_way();
  bool too_much_under_way();

  runtime::EventLoop& loop_;
  const options::Options& options_;
  Ways ways_;
  MemoryWatch memory_;
  FirstDelivery first_delivery_{loop_.now()};
  PathWatch path_watch_;
  std::uint16_t mtu_;                    // of the way to the targets, bytes
  std::uint64_t packets_sent_ = 0;       // when spacing() was asked last
  Instant sent_at_;                      // when that changed last
  Outcome captured_ = Outcome::kNoMore;  // what the last batch of capture has left
  Phase phase_ = Phase::kReplaying;
  int exit_status_ = 0;
  std::vector<runtime::Watch> capture_watches_;
  std::vector<runtime::Timer> timers_;
};

}  // namespace tcpcopy::replayer
