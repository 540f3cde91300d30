// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/returns/intercept_links.hh"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/keys/key_file.hh"

namespace tcpcopy::returns {

InterceptLinks::InterceptLinks(runtime::EventLoop& loop, const Settings& settings,
                               const Events& events)
    : single_(settings.single), random_(std::random_device{}()) {
  const std::uint16_t payload =
      settings.mode.with_payload || settings.wants_payload ? wire::kMaxRecordPayload : 0;
  const channel::TcpcopyEnd::Settings end{settings.mode, settings.single, payload};
  std::optional<keys::Key> key;
  if (!settings.key_file.empty()) key = keys::load_key(settings.key_file);
  for (const Endpoint& endpoint : settings.intercepts) {
    Intercept& intercept = intercepts_.emplace_back(endpoint);
    for (int i = 1; i <= settings.links_per_intercept; ++i) {
      const std::string number = fmt::format("{} of {}", i, settings.links_per_intercept);
      intercept.links.push_back(std::make_unique<InterceptLink>(
          loop, InterceptLink::Settings{endpoint, number, end, key}, counters_, random_,
          InterceptLink::Events{
              events.on_response, events.on_links_changed, events.on_links_changed,
              [&intercept](const channel::TcpcopyEnd& told) { intercept.said.on_told(told); },
              [&intercept](const wire::Tell& tell) { take(tell, intercept.told); }}));
    }
  }
}

template <typename Action>
void InterceptLinks::each(Action action) const {
  for (const Intercept& intercept : intercepts_) {
    for (const auto& link : intercept.links)
      action(*link);
  }
}

bool InterceptLinks::announce(const FlowKey& flow) {
  if (single_) return any_connected();
  bool announced = false;
  for (Intercept& intercept : intercepts_) {
    for (std::size_t tries = 0; tries < intercept.links.size(); ++tries) {
      InterceptLink& link = *intercept.links[intercept.next];
      intercept.next = (intercept.next + 1) % intercept.links.size();
      if (!link.connected()) continue;
      link.announce(flow);
      announced = true;
      break;
    }
  }
  return announced;
}

void InterceptLinks::take(const wire::Tell& tell, std::vector<wire::Tell>& told) {
  const auto same = std::find_if(told.begin(), told.end(),
                                 [&](const wire::Tell& old) { return old.flow == tell.flow; });
  if (same != told.end()) {
    *same = tell;
  } else if (told.size() < kMaxTold) {
    told.push_back(tell);
  }
}

void InterceptLinks::ask(const FlowKey& flow) {
  for (const Intercept& intercept : intercepts_) {
    for (const auto& link : intercept.links)
      if (link->ask(wire::Ask{flow})) break;
  }
}

std::vector<Returns::Told> InterceptLinks::told(const FlowKey& flow) const {
  std::vector<Returns::Told> result;
  for (const Intercept& intercept : intercepts_) {
    for (const wire::Tell& tell : intercept.told)
      if (tell.flow == flow) result.push_back({intercept.endpoint, tell});
  }
  return result;
}

void InterceptLinks::read_key(const std::string& file) {
  std::optional<keys::Key> key;
  if (!file.empty()) key = keys::load_key(file);
  each([&](InterceptLink& link) { link.set_key(key); });
}

void InterceptLinks::start() {
  each([](InterceptLink& link) { link.start(); });
}

void InterceptLinks::flush() {
  each([](InterceptLink& link) { link.flush(); });
}

void InterceptLinks::coalesce(bool on) {
  each([&](InterceptLink& link) { link.coalesce(on); });
}

ResponseSource::Taken InterceptLinks::read() {
  const LinkCounters before = counters_;
  each([](InterceptLink& link) { link.read(); });
  return {counters_.responses - before.responses, counters_.unended - before.unended};
}

bool InterceptLinks::any_connected() const { return connected() > 0; }

std::size_t InterceptLinks::connected() const {
  std::size_t count = 0;
  each([&](const InterceptLink& link) { count += link.connected() ? 1U : 0U; });
  return count;
}

std::size_t InterceptLinks::unsent_bytes() const {
  std::size_t sum = 0;
  each([&](const InterceptLink& link) { sum += link.unsent_bytes(); });
  return sum;
}

std::size_t InterceptLinks::size() const {
  std::size_t count = 0;
  for (const Intercept& intercept : intercepts_)
    count += intercept.links.size();
  return count;
}

}  // namespace tcpcopy::returns
