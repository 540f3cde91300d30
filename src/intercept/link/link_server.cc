// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/link/link_server.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/runtime/errors.hh"
#include "common/runtime/socket.hh"

namespace tcpcopy::link {
namespace {

using namespace std::chrono_literals;
using channel::EndReason;
using channel::kEndReasons;
using channel::LinkEnd;
using channel::MaybeEnd;

constexpr int kAcceptsPerWakeUp = 64;  // then those that are there have their turn

std::array<runtime::LogThrottle, kEndReasons> throttles(Duration pause) {
  std::array<runtime::LogThrottle, kEndReasons> result;
  result.fill(runtime::LogThrottle(pause));
  return result;
}

}  // namespace

LinkServer::LinkServer(runtime::EventLoop& loop, const Settings& settings, Events events)
    : loop_(loop),
      settings_(settings),
      events_(std::move(events)),
      listener_(runtime::listen_on(settings.listen)),
      end_logs_(throttles(1s)),
      accept_log_(1s),
      version_log_(1s) {
  runtime::raise_descriptor_limit();
  listener_watch_ =
      loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept_links(); });
  tick_ = loop_.every(1s, [this] { on_tick(); });
}

void LinkServer::accept_links() {
  Endpoint peer;
  for (int i = 0; i < kAcceptsPerWakeUp; ++i) {
    runtime::UniqueFd fd = runtime::accept_from(listener_.get(), peer);
    if (!fd) {
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        // No descriptors, no memory: the connection still waits, so the loop would spin.
        if (accept_log_.allow(loop_.now())) {
          spdlog::warn("cannot accept links for a moment: {}", runtime::error_text(errno));
        }
        accepting_ = false;
        listener_watch_.change(0);
      }
      return;
    }
    if (const MaybeEnd refusal = admit(peer)) {
      count_end(peer, *refusal);
      continue;
    }
    const route::LinkId id = next_id_++;
    runtime::Watch watch = loop_.try_watch(
        fd.get(), EPOLLIN, [this, id](std::uint32_t events) { on_ready(id, events); });
    if (!watch) {
      count_end(peer, {EndReason::kNetworkError, "epoll_ctl: " + runtime::error_text(errno)});
      continue;
    }
    ++counters_.accepted;
    const TcpcopyLink::Settings of_link{settings_.end, &settings_.keys, settings_.allow_plain};
    links_.emplace(id,
                   Link{std::make_unique<TcpcopyLink>(std::move(fd), peer, of_link, loop_.now()),
                        std::move(watch)});
  }
}

bool LinkServer::allows(const Address& address) const {
  const auto& allow = settings_.allow;
  return allow.empty() || std::any_of(allow.begin(), allow.end(), [&](const net::Network& network) {
           return network.contains(address);
         });
}

// Whether somebody may have a link. @return why not.
MaybeEnd LinkServer::admit(const Endpoint& peer) {
  if (!allows(peer.address)) {
    return LinkEnd{EndReason::kNotAllowed, "--allow does not name its address"};
  }
  const auto from_address = [&] {
    return static_cast<std::size_t>(std::count_if(links_.begin(), links_.end(), [&](const auto& l) {
      return l.second.link->peer().address == peer.address;
    }));
  };
  if (from_address() >= kMaxLinksPerAddress) make_room(peer, true);
  if (const std::size_t count = from_address(); count >= kMaxLinksPerAddress) {
    return LinkEnd{EndReason::kTooManyFromAddress,
                   fmt::format("{} links from its address are open", count)};
  }
  if (links_.size() >= kMaxLinks) make_room(peer, false);
  if (links_.size() >= kMaxLinks) {
    return LinkEnd{EndReason::kTooMany, fmt::format("{} links are open", links_.size())};
  }
  return {};
}

// Closes the oldest link that has not said who it is, if there is one.
void LinkServer::make_room(const Endpoint& peer, bool of_address) {
  route::LinkId oldest = route::kNoLink;
  for (const auto& [id, of_id] : links_) {
    const auto& link = of_id.link;
    if (link->end().greeted() || (of_address && link->peer().address != peer.address)) continue;
    if (oldest == route::kNoLink || id < oldest) oldest = id;
  }
  if (oldest == route::kNoLink) return;
  close(oldest, {EndReason::kMadeRoom, "it has not said who it is, and others come"});
}

TcpcopyLink* LinkServer::find_link(route::LinkId id) const {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second.link.get();
}

void LinkServer::on_ready(route::LinkId id, std::uint32_t events) {
  TcpcopyLink* link = find_link(id);
  if (link == nullptr) return;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    const bool greeted_before = link->end().greeted();
    const bool wished_before = link->end().wishes().has_value();
    const MaybeEnd end = link->read(loop_.now(), [&](const wire::Message& message) {
      if (const auto* route = std::get_if<wire::AddRoute>(&message)) events_.on_route(id, *route);
      if (const auto* ask = std::get_if<wire::Ask>(&message)) on_ask(*link, *ask);
    });
    if (end) {
      close(id, *end);
      return;
    }
    if (link->waiting()) {
      flush_link(id);  // what it answers
    } else if (link->has_unsent()) {
      flush_later(id);
    }
    if (find_link(id) == nullptr) return;
    const auto wishes = link->end().wishes();
    if (link->end().greeted() && !greeted_before) on_greeted(id);
    if (wishes && !wished_before && events_.on_wishes && find_link(id) != nullptr) {
      events_.on_wishes(id, *wishes);
    }
  }
  if ((events & EPOLLOUT) != 0) flush_link(id);  // it may be closed by now
}

void LinkServer::on_ask(TcpcopyLink& link, const wire::Ask& ask) {
  const bool known = settings_.keys.empty() || link.key() != nullptr;
  if (!known || !events_.on_ask || questions_ == kMaxQuestions) {
    ++counters_.questions_refused;
    return;
  }
  ++questions_;
  ++counters_.questions;
  link.tell(events_.on_ask(ask), loop_.now());
}

void LinkServer::on_greeted(route::LinkId id) {
  const TcpcopyLink& link = *find_link(id);
  const std::uint16_t version = link.end().version();
  if (version != wire::kVersion && version_log_.allow(loop_.now())) {
    spdlog::warn(
        "{} speaks {} of the control channel, this intercept version {}", link.peer().to_string(),
        version == 0 ? "an old version" : fmt::format("version {}", version), wire::kVersion);
  }
  events_.on_greeted(id);
}

void LinkServer::deliver(route::LinkId id, const wire::CapturedHeaders& response) {
  TcpcopyLink* link = find_link(id);
  if (link == nullptr) return;
  link->add(response);
  flush_later(id);
}

void LinkServer::flush_later(route::LinkId id) {
  if (unflushed_.empty() || unflushed_.back() != id) unflushed_.push_back(id);
}

void LinkServer::flush() {
  for (const route::LinkId id : std::exchange(unflushed_, {}))
    flush_link(id);
}

void LinkServer::flush_link(route::LinkId id) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  TcpcopyLink* link = found->second.link.get();
  const std::size_t part = kMaxQueued / std::max<std::size_t>(waiting_, 1);
  const MaybeEnd end = link->flush(loop_.now(), std::min(part, TcpcopyLink::kMaxQueued));
  if (const bool waits = link->waiting(); waits != found->second.waits) {
    waits ? ++waiting_ : --waiting_;
    found->second.waits = waits;
    found->second.watch.change(waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }
  if (end) close(id, *end);
}

void LinkServer::close(route::LinkId id, const LinkEnd& end) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const Link closed = std::move(found->second);
  const TcpcopyLink* link = closed.link.get();
  links_.erase(found);
  if (closed.waits) --waiting_;
  counters_.dropped_slow += link->end().queue().dropped_records();
  counters_.dropped_closed += link->end().queue().records();
  count_end(link->peer(), end);
  events_.on_closed(id);
}

void LinkServer::set_allowed(std::vector<net::Network> allow) {
  settings_.allow = std::move(allow);
  std::vector<route::LinkId> ended;
  for (const auto& [id, of_id] : links_)
    if (!allows(of_id.link->peer().address)) ended.push_back(id);
  for (const route::LinkId id : ended)
    close(id, {EndReason::kNotAllowed, "--allow does not name its address any more"});
}

void LinkServer::set_keys(std::vector<keys::Key> keys) {
  settings_.keys = std::move(keys);
  std::vector<std::pair<route::LinkId, LinkEnd>> ended;
  for (const auto& [id, of_id] : links_) {
    if (of_id.link->key_is_known()) continue;
    ended.emplace_back(
        id, LinkEnd{EndReason::kKeyRemoved, fmt::format("its key, {}, is not in the file any more",
                                                        of_id.link->key()->name)});
  }
  for (const auto& [id, end] : ended)
    close(id, end);
}

void LinkServer::count_end(const Endpoint& peer, const LinkEnd& end) {
  const auto reason = static_cast<std::size_t>(end.reason);
  ++counters_.ended[reason];
  runtime::LogThrottle& throttle = end_logs_[reason];
  if (!throttle.allow(loop_.now())) return;
  const unsigned more = throttle.take_suppressed();
  spdlog::log(
      end.reason == EndReason::kClosedByTcpcopy ? spdlog::level::info : spdlog::level::warn,
      "link {} closed: {}{}", peer.to_string(), end.detail,
      more == 0 ? "" : fmt::format(" ({} more for this reason since the last such line)", more));
}

void LinkServer::on_tick() {
  questions_ = 0;
  const wire::Seen seen = events_.seen ? events_.seen() : wire::Seen{};
  std::vector<route::LinkId> due;
  std::vector<std::pair<route::LinkId, LinkEnd>> overdue;
  for (const auto& [id, of_id] : links_) {
    if (MaybeEnd end = of_id.link->overdue(loop_.now(), seen)) {
      overdue.emplace_back(id, std::move(*end));
    } else if (of_id.link->has_unsent()) {
      due.push_back(id);
    }
  }
  for (const route::LinkId id : due)
    flush_link(id);
  for (const auto& [id, end] : overdue)
    close(id, end);
  if (!std::exchange(accepting_, true)) listener_watch_.change(EPOLLIN);
}

}  // namespace tcpcopy::link
