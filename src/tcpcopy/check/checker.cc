// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/check/checker.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "common/runtime/errors.hh"
#include "tcpcopy/path/path_probes.hh"
#include "tcpcopy/startup.hh"
#include "tcpcopy/ways.hh"

namespace tcpcopy::check {
namespace {

using namespace std::chrono_literals;
using findings::Finding;
using findings::Verdict;

constexpr Duration kCaptureTime = 3s;
constexpr Duration kLinkTime = 3s;  // until a link is there, or there is none
constexpr Duration kMostTime = 10s;

// What is captured meanwhile is counted, and goes nowhere.
struct Counted : ClientSink {
  void on_segment(const ClientSegment&, const Endpoint&, Instant) override { ++packets; }
  void on_datagram(const Datagram&, const Endpoint&, Instant) override { ++packets; }
  std::uint64_t packets = 0;
};

class Checker : public ResponseSink {
 public:
  explicit Checker(const options::Options& options) : options_(options), ways_(loop_, options_) {}

  findings::Report run();

  void on_response(const Response& response, Instant now) override { probes_->take(response, now); }

 private:
  void begin();
  void advance();
  Instant deadline();
  bool done();
  Finding judge_capture() const;

  options::Options options_;
  runtime::EventLoop loop_;
  replayer::Ways ways_;
  Counted counted_;
  std::optional<path::PathProbes> probes_;
  std::vector<runtime::Watch> watches_;
  Instant began_at_ = kNever;
};

// In the loop, so that its clock is right.
void Checker::begin() {
  began_at_ = loop_.now();
  probes_.emplace(loop_, options_,
                  path::PathProbes::Ways{ways_.outbox(), ways_.returns(), ways_.injector()},
                  path::PathProbes::Plan{path::PathProbes::some_client(options_), kLinkTime});
  ways_.returns().start(*this);
}

void Checker::advance() {
  if (began_at_ == kNever) begin();
  probes_->advance();
  ways_.outbox().flush();
  ways_.returns().news();
  ways_.returns().end_wake_up([] { return Standing(); }, loop_.now());
  if (done()) loop_.stop();
}

bool Checker::done() {
  const Instant now = loop_.now();
  return now >= began_at_ + kMostTime || (now >= began_at_ + kCaptureTime && probes_->done());
}

Instant Checker::deadline() {
  if (began_at_ == kNever) return loop_.now();
  const Duration time = loop_.now() < began_at_ + kCaptureTime ? kCaptureTime : kMostTime;
  return std::min(began_at_ + time, probes_->deadline());
}

Finding Checker::judge_capture() const {
  Finding finding{Verdict::kPass,
                  "packets of clients are captured",
                  fmt::format("{} in {} s", counted_.packets, kCaptureTime / 1s),
                  {},
                  ""};
  if (counted_.packets > 0 || options_.capture.way == capture::Settings::Way::kFile) {
    return finding;
  }
  finding.verdict = Verdict::kWarn;
  finding.detail += "; " + options::describe_capture(options_);
  finding.code = findings::kNothingCaptured;
  finding.mend = "on this host: tcpdump -ni any '" + options::capture_filter(options_) +
                 "' while clients talk to the online server";
  return finding;
}

findings::Report Checker::run() {
  for (const int fd : ways_.intake().descriptors())
    watches_.push_back(loop_.watch(
        fd, EPOLLIN, [this](std::uint32_t) { ways_.intake().read_batch(loop_.now(), counted_); }));
  loop_.at_end_of_wake_up([this] { advance(); });
  loop_.wake_by([this] { return deadline(); });
  loop_.run();
  findings::Report report;
  report.add({Verdict::kPass, "this host may capture and send", "", {}, ""});
  report.add(judge_capture());
  probes_->report(report);
  return report;
}

}  // namespace

int check(const options::Options& options) {
  spdlog::set_level(spdlog::level::off);  // what the rooms say is for a daemon's log
  options::Options settled = replayer::settled(options);
  settled.returns.links_per_intercept = 1;
  findings::Report report;
  try {
    report = Checker(settled).run();
  } catch (const runtime::SystemError& error) {
    report.add({Verdict::kFail, "this host may capture and send", error.what(),
                findings::kNotAllowed,
                "on this host: as root, or setcap cap_net_raw=ep on the program"});
  }
  std::fputs(to_string(report, settled.json).c_str(), stdout);
  return report.exit_status();
}

}  // namespace tcpcopy::check
