// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/link/link_server.hh"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <utility>

#include "common/runtime/socket.hh"

namespace tcpcopy::link {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 6s;   // without an answer of the tcpcopy's host
constexpr int kAcceptsPerTurn = 64;  // then those that are there have their turn

}  // namespace

LinkServer::LinkServer(runtime::EventLoop& loop, const Settings& settings, OnMessage on_message)
    : loop_(loop),
      settings_(settings),
      on_message_(std::move(on_message)),
      listener_(runtime::listen_on(settings.listen)) {
  loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept_links(); });
  loop_.every(1s, [this] { close_overdue(); });
}

void LinkServer::accept_links() {
  Endpoint peer;
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    runtime::UniqueFd fd = runtime::accept_from(listener_.get(), peer);
    if (!fd) return;
    if (links_.size() >= kMaxLinks) {
      ++counters_.refused;
      if (refused_log_.allow(loop_.now())) {
        spdlog::warn("{} refused: {} links are open", peer.to_string(), links_.size());
      }
      continue;
    }
    ++counters_.accepted;
    runtime::prepare_link(fd.get(), kPatience);
    const route::LinkId id = next_id_++;
    loop_.watch(fd.get(), EPOLLIN, [this, id](std::uint32_t events) { on_ready(id, events); });
    links_[id] = std::make_unique<TcpcopyLink>(std::move(fd), peer, settings_.mode,
                                               settings_.max_records, loop_.now());
  }
}

TcpcopyLink* LinkServer::find(route::LinkId id) {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second.get();
}

void LinkServer::on_ready(route::LinkId id, std::uint32_t events) {
  TcpcopyLink* link = find(id);
  if (link == nullptr) return;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    const std::string why = link->read(
        loop_.now(), [&](const wire::RouteMessage& message) { on_message_(id, message); });
    if (!why.empty()) {
      close(id, why);
      return;
    }
  }
  if ((events & EPOLLOUT) != 0) flush_link(id);
}

bool LinkServer::deliver(route::LinkId id, const net::TcpPacket& response) {
  TcpcopyLink* link = find(id);
  if (link == nullptr) return false;
  link->add(response);
  if (unflushed_.empty() || unflushed_.back() != id) unflushed_.push_back(id);
  return true;
}

bool LinkServer::deliver_record(route::LinkId id, Bytes record) {
  TcpcopyLink* link = find(id);
  if (link == nullptr) return false;
  link->add_record(record);
  if (unflushed_.empty() || unflushed_.back() != id) unflushed_.push_back(id);
  return true;
}

void LinkServer::flush() {
  for (const route::LinkId id : std::exchange(unflushed_, {}))
    flush_link(id);
}

void LinkServer::flush_link(route::LinkId id) {
  TcpcopyLink* link = find(id);
  if (link == nullptr) return;
  const bool waited = link->waiting();
  if (const std::string why = link->flush(); !why.empty()) {
    close(id, why);
    return;
  }
  if (link->waiting() != waited) {
    loop_.change(link->fd(), link->waiting() ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }
}

void LinkServer::close(route::LinkId id, const std::string& why) {
  const auto found = links_.find(id);
  const TcpcopyLink& link = *found->second;
  const bool by_peer = why.starts_with("closed by");
  ++(by_peer ? counters_.closed_by_peer : counters_.closed_by_us);
  counters_.dropped_bytes += link.dropped_bytes();
  if (closed_log_.allow(loop_.now())) {
    spdlog::log(by_peer ? spdlog::level::info : spdlog::level::warn, "link {} closed: {}",
                link.peer().to_string(), why);
    if (const unsigned more = closed_log_.take_suppressed(); more > 0) {
      spdlog::warn("{} more links were closed since the last such line", more);
    }
  }
  loop_.forget(link.fd());
  links_.erase(found);
}

void LinkServer::close_overdue() {
  std::vector<std::pair<route::LinkId, std::string>> overdue;
  for (const auto& [id, link] : links_) {
    if (std::string why = link->overdue(loop_.now()); !why.empty()) {
      overdue.emplace_back(id, std::move(why));
    }
  }
  for (const auto& [id, why] : overdue)
    close(id, why);
}

std::size_t LinkServer::queued_bytes() const {
  std::size_t sum = 0;
  for (const auto& [id, link] : links_)
    sum += link->queued_bytes();
  return sum;
}

std::uint64_t LinkServer::dropped_bytes() const {
  std::uint64_t sum = counters_.dropped_bytes;
  for (const auto& [id, link] : links_)
    sum += link->dropped_bytes();
  return sum;
}

}  // namespace tcpcopy::link
