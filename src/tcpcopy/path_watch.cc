// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path_watch.hh"

#include <spdlog/spdlog.h>

#include "common/findings/finding.hh"

namespace tcpcopy::replayer {

void PathWatch::look(const Standing& standing) {
  delivered_now_ = standing.delivered;
  follow(standing);
  std::optional<PathDoubt::Doubt> doubt = doubt_.look(standing, loop_.now());
  if (!doubt || probes_) return;
  doubted_ = std::move(doubt);
  begin_probes();
}

// While what was found lasts it is said again, and its end too.
void PathWatch::follow(const Standing& standing) {
  if (broken_.empty()) return;
  if (standing.delivered > delivered_) {
    spdlog::info("the path works again: the target takes the clients' bytes (it was {})", broken_);
    broken_.clear();
    fault_.end();
  } else if (fault_.happens(loop_.now())) {
    spdlog::warn("the path is still broken [{}]{}: the target has taken no byte since", broken_,
                 fault_.count());
  }
}

void PathWatch::begin_probes() {
  Address client = path::PathProbes::some_client(options_);
  // Who keeps its own address is the best example of itself.
  const auto newest = ways_.replay().newest_connection();
  if (options_.client_pool.empty() && newest) client = newest->client.address;
  const auto taken = [this](const FlowKey& flow) {
    return ways_.replay().captured_flow(flow).has_value();
  };
  probes_.emplace(loop_, options_,
                  path::PathProbes::Ways{ways_.outbox(), ways_.returns(), ways_.injector()},
                  path::PathProbes::Plan{client, Duration(0), taken});
  ways_.returns().bring_to(*this);
}

void PathWatch::on_response(const Response& response, Instant now) {
  if (!probes_ || !probes_->take(response, now)) ways_.responses().on_response(response, now);
}

void PathWatch::end_wake_up() {
  if (!probes_) return;
  probes_->advance();
  if (probes_->done()) conclude();
}

void PathWatch::conclude() {
  findings::Report report;
  probes_->report(report);
  probes_.reset();
  ways_.returns().bring_to(ways_.responses());
  const findings::Finding* broken = report.first_broken();
  if (broken != nullptr) {
    spdlog::warn("{}: {}", doubted_->why, to_log_line(*broken));
    broken_ = to_string(broken->code);
    delivered_ = delivered_now_;
    fault_.happens(loop_.now());
  } else if (doubted_->certain) {
    spdlog::warn(
        "{}; a SYN that was sent to see has been answered, so what the server on the target makes "
        "of the clients' requests has to be looked at: its log, and tcpcopy --trace",
        doubted_->why);
  } else {
    spdlog::info("{}; the path is not to blame", doubted_->why);
  }
  doubted_.reset();
}

}  // namespace tcpcopy::replayer
