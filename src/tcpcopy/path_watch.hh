// SPDX-License-Identifier: BSD-3-Clause
// Watches whether anything comes of a replay. When nothing does, it looks with probes for what is
// broken, beside the replay, and says it once, as --check would; then every minute while that
// lasts, and when it is over.
#pragma once

#include <optional>
#include <string>

#include "common/runtime/event_loop.hh"
#include "common/runtime/log.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/path/path_probes.hh"
#include "tcpcopy/path_doubt.hh"
#include "tcpcopy/ways.hh"

namespace tcpcopy::replayer {

class PathWatch : public ResponseSink {
 public:
  /// @param loop, options, ways outlive it.
  PathWatch(runtime::EventLoop& loop, const options::Options& options, Ways& ways)
      : loop_(loop), options_(options), ways_(ways) {}

  /// To be called every PathDoubt::kPeriod.
  void look(const Standing& standing);

  /// To be called at the end of every wake-up, and of one at deadline(): probes send from here.
  void end_wake_up();
  Instant deadline() const { return probes_ ? probes_->deadline() : kNever; }

  /// While probes are under way: takes what is theirs, hands the rest on.
  void on_response(const Response& response, Instant now) override;

 private:
  void begin_probes();
  void conclude();
  void follow(const Standing& standing);

  runtime::EventLoop& loop_;
  const options::Options& options_;
  Ways& ways_;
  PathDoubt doubt_;
  std::optional<PathDoubt::Doubt> doubted_;  // while probes are under way
  std::optional<path::PathProbes> probes_;
  // What was said, until something is delivered again.
  std::string broken_;
  runtime::LastingFault fault_;
  std::uint64_t delivered_ = 0;  // when it was said
  std::uint64_t delivered_now_ = 0;
};

}  // namespace tcpcopy::replayer
