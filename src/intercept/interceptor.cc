// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/interceptor.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <utility>

#include "common/channel/link_end.hh"
#include "common/keys/key_file.hh"
#include "common/net/capture_report.hh"
#include "common/runtime/configuration_changes.hh"
#include "common/runtime/daemon.hh"
#include "common/runtime/log.hh"
#include "common/runtime/service_manager.hh"
#include "common/runtime/socket.hh"
#include "intercept/link/link_report.hh"
#include "intercept/route/route_report.hh"

namespace tcpcopy::interceptor {
namespace {

using namespace std::chrono_literals;

// With so many routes wake-ups are spaced out under load. With fewer, each connection waits for its
// own round trip.
constexpr std::size_t kManyRoutes = 32;
constexpr Duration kWakeUpSpacing = 400us;
constexpr Duration kStatusPeriod = 5s;

std::string filter_of(const intercept_options::InterceptOptions& options) {
  const bool any_address = options.listen.address.is_unspecified();
  return intercept_options::capture_filter(
      options,
      any_address ? runtime::local_addresses() : std::vector<Address>{options.listen.address});
}

std::vector<keys::Key> keys_of(const intercept_options::InterceptOptions& options) {
  if (options.key_file.empty()) return {};
  return keys::load_keys(options.key_file);
}

}  // namespace

Interceptor::Interceptor(const intercept_options::InterceptOptions& options, Reread reread)
    : options_(options),
      reread_(std::move(reread)),
      filter_(filter_of(options)),
      router_(wire::kMaxRecordPayload),
      translation_(options.translations),
      witness_(loop_, options.devices, filter_),
      links_(loop_,
             {options.listen,
              {options.mode, options.max_records, wire::kMaxRecordPayload,
               fmt::format("captures on {}: {}", fmt::join(options.devices, ", "), filter_)},
              options.allow,
              keys_of(options),
              options.allow_plain},
             link_events()) {
  if (options_.single) single_.emplace(options_.protect);
  for (const std::string& device : options_.devices)
    open_device(device);
  if (options_.metrics)
    metrics_.emplace(loop_, *options_.metrics, "tcpcopy_intercept", [this] { return report(); });
}

link::LinkServer::Events Interceptor::link_events() {
  return {[this](route::LinkId id, const wire::AddRoute& route) { on_route(id, route); },
          [this](route::LinkId id) { on_greeted(id); },
          [this](route::LinkId id) { on_closed(id); },
          [this](route::LinkId id, const channel::InterceptEnd::Wishes& wishes) {
            on_wishes(id, wishes);
          },
          [this](const wire::Ask& ask) { return witness_.answer(ask); },
          [this] { return seen(); }};
}

void Interceptor::open_device(const std::string& device) {
  pcap::PcapCapture::Settings settings;
  settings.device = device;
  settings.filter = filter_;
  settings.packet_bytes += int{wire::kMaxRecordPayload};  // a link may ask for it at any time
  captures_.push_back(std::make_unique<pcap::PcapCapture>(settings));
  pcap::PcapCapture& opened = *captures_.back();
  watches_.push_back(
      loop_.watch(opened.fd(), EPOLLIN, [this, &opened](std::uint32_t) { capture(opened); }));
}

void Interceptor::capture(pcap::PcapCapture& capture) {
  // What was captured is dated by a clock that may be set; links know one that may not.
  const Instant epoch = loop_.now() - std::chrono::system_clock::now().time_since_epoch();
  const int frames = capture.read([&](net::TcpPacket& response, Duration time) {
    response.captured_at = std::min(epoch + time, loop_.now());
    take_response(response);
  });
  if (frames < 0) {
    spdlog::error("device {} cannot be read any more; ending", capture.device());
    exit_status_ = 1;
    loop_.stop();
  }
}

void Interceptor::take_response(const net::TcpPacket& captured) {
  first_answers_.on_seen(captured, loop_.now());
  const net::TcpPacket response = translation_.empty() ? captured : translation_.apply(captured);
  if (witness_.watches()) witness_.on_captured(response);
  const bool for_single = options_.single || (single_ && !single_->empty());
  if (for_single && !router_.has_route(response, loop_.now())) {
    single_->on_response(response, links_);
  } else {
    router_.on_response(response, loop_.now(), links_);
  }
}

void Interceptor::end_wake_up() {
  links_.flush();
  const std::uint64_t of_single = single_ ? single_->counters().forwarded : 0;
  first_answers_.on_forwarded(router_.counters().forwarded + of_single, loop_.now());
}

void Interceptor::on_route(route::LinkId id, const wire::AddRoute& route) {
  if (options_.single && links_.find(id)->end().version() != wire::kVersion7) {
    if (!single_log_.allow(loop_.now())) return;
    spdlog::warn(
        "{} registers routes, which --single has no use for: was it started with --single?",
        links_.find(id)->peer().to_string());
    return;
  }
  const route::Announcer from{id, links_.find(id)->peer().address};
  const route::RouteOutcome outcome = router_.on_route(from, route.flow, loop_.now(), links_);
  if (outcome != route::RouteOutcome::kDisplaced && outcome != route::RouteOutcome::kRefused)
    return;
  if (!flood_log_.allow(loop_.now())) return;
  spdlog::warn(
      "too many routes: {} of {} in all are those of link {}; it loses some ({} more lost "
      "since the last such line)",
      router_.routes_of(id), router_.routes(), links_.find(id)->peer().to_string(),
      flood_log_.take_suppressed());
}

void Interceptor::on_greeted(route::LinkId id) {
  // One that offered version 7 will say whether it wants to be the only one.
  if (options_.single && !links_.find(id)->end().offered()) join_single(id);
}

void Interceptor::on_wishes(route::LinkId id, const channel::InterceptEnd::Wishes& wishes) {
  if (wishes.single) {
    join_single(id);
  } else if (single_) {
    single_->on_link_closed(id);  // its first words, of version 6, came alone
  }
}

void Interceptor::join_single(route::LinkId id) {
  using Admission = route::SingleTcpcopy::Admission;
  if (!single_) single_.emplace(options_.protect);
  if (single_->contains(id)) return;
  std::vector<route::LinkId> replaced;
  const Admission admission = single_->on_link(id, loop_.now(), replaced);
  for (const route::LinkId old : replaced)
    links_.close(old, {channel::EndReason::kReplaced, "another tcpcopy came (--single)"});
  if (admission == Admission::kTooMany) {
    links_.close(id, {channel::EndReason::kTooMany, "its tcpcopy has 16 links (--single)"});
  } else if (admission == Admission::kProtected) {
    links_.close(id, {channel::EndReason::kProtected, "another tcpcopy is there (--single -c)"});
  }
}

void Interceptor::on_closed(route::LinkId id) {
  router_.on_link_closed(id);
  if (single_) single_->on_link_closed(id);
}

wire::Seen Interceptor::seen() const {
  wire::Seen seen;
  for (const auto& capture : captures_) {
    capture->update_counters();
    seen.packets += capture->counters().packets;
    seen.drops += capture->counters().kernel_drops;
  }
  return seen;
}

Report Interceptor::report() {
  Report report;
  net::CaptureCounters captured;
  for (const auto& capture : captures_) {
    capture->update_counters();
    captured += capture->counters();
  }
  net::report(captured, report);
  route::RouterCounters counters = router_.counters();
  if (single_) counters += single_->counters();
  route::report(router_, counters, report);
  link::report(links_, report);
  if (metrics_) metrics_->report(report);
  return report;
}

void Interceptor::tell_statistics() {
  const Report now = report();
  log_statistics(now);
  if (const std::string rates = rates_.text(now, loop_.now()); !rates.empty()) spdlog::info(rates);
  log_slow_links(links_, router_);
  file_.write(now);
}

void Interceptor::every_so_often() {
  statistics_timer_ =
      loop_.every(std::chrono::seconds(options_.statistics_seconds), [this] { tell_statistics(); });
}

void Interceptor::tell_manager() {
  runtime::notify_status(fmt::format("{} links, {} routes", links_.links(), router_.routes()));
}

void Interceptor::reread() {
  runtime::reopen_log("intercept", options_.log_file, options_.log_format);
  try {
    if (const auto now = reread_()) apply(*now);
  } catch (const std::exception& error) {
    spdlog::error("{}; all stays as it was", error.what());
  }
}

// What may fail comes first.
void Interceptor::apply(const intercept_options::InterceptOptions& now) {
  // Links that have a key are not opened to everybody by a line that is gone, nor the other way.
  intercept_options::InterceptOptions of_keys = options_;
  if (!options_.key_file.empty() && !now.key_file.empty()) of_keys.key_file = now.key_file;
  std::vector<keys::Key> keys = keys_of(of_keys);
  report::JsonLines file(now.statistics_file, "intercept");
  if (now.log_file != options_.log_file) {
    runtime::open_log("intercept", now.log_file, options_.log_format);
  }
  file_ = std::move(file);
  if (!of_keys.key_file.empty()) {
    links_.set_keys(std::move(keys));
    spdlog::info("--key: {} was read again", of_keys.key_file);
  }
  links_.set_allowed(now.allow);
  spdlog::set_level(now.log_level);
  const bool other_pace = now.statistics_seconds != options_.statistics_seconds;
  auto changes = runtime::changes_between(options_.configuration, now.configuration);
  const bool keys_live = of_keys.key_file == now.key_file;
  options_.key_file = of_keys.key_file;
  options_.statistics_seconds = now.statistics_seconds;
  options_.log_file = now.log_file;
  options_.log_level = now.log_level;
  options_.allow = now.allow;
  options_.configuration = now.configuration;
  if (other_pace) every_so_often();
  runtime::log_changes(changes, {"allow", keys_live ? "key" : "", "log", "log-level", "statistics",
                                 "statistics-file"});
}

int Interceptor::run() {
  if (options_.key_file.empty() && !options_.listen.address.is_loopback()) {
    spdlog::warn(
        "anybody who reaches {} may register routes and read responses: --key keeps others out",
        options_.listen.to_string());
  }
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGUSR1}, [this](int signal) { on_signal(signal); });
  loop_.at_end_of_wake_up([this] { end_wake_up(); });
  loop_.space_wake_ups(
      [this] { return router_.routes() >= kManyRoutes ? kWakeUpSpacing : Duration(0); });
  const runtime::Timer routes = loop_.every(std::chrono::seconds(1), [this] {
    router_.on_deadline(loop_.now());
    witness_.on_tick();
  });
  spdlog::set_level(options_.log_level);
  every_so_often();
  const runtime::Timer status = loop_.every(kStatusPeriod, [this] { tell_manager(); });
  const runtime::Timer watchdog = runtime::notify_started(loop_);
  loop_.run();
  tell_statistics();
  runtime::log_resource_use(loop_.wake_up_times());
  return exit_status_;
}

void Interceptor::on_signal(int signal) {
  if (signal == SIGUSR1) {
    tell_statistics();
    runtime::log_resource_use(loop_.wake_up_times());
  } else if (signal == SIGHUP) {
    reread();
  } else {
    spdlog::info("ending");
    runtime::notify("STOPPING=1");
    loop_.stop();
  }
}

}  // namespace tcpcopy::interceptor
