// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/returns/intercept_link.hh"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/runtime/budget.hh"
#include "common/runtime/errors.hh"
#include "common/runtime/socket.hh"
#include "tcpcopy/batch.hh"

namespace tcpcopy::returns {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstBackoff = 200ms;
constexpr Duration kMaxBackoff = 12s;  // 1.x retries every 12 s
constexpr Duration kSettled = 5s;      // a link that held for so long was a good one
constexpr Duration kPatience = 6s;     // without an answer of the intercept's host
constexpr Duration kLook = 500ms;      // at what is due on a link
constexpr Duration kConnectTime = 3s;  // the kernel itself would try for two minutes
constexpr std::size_t kReadSize = kBatch * wire::kHeaderRecordSize;
constexpr int kCoalescedBytes = 2 << 10;  // of responses: some 30

findings::Code code_of(int error) {
  return error == ECONNREFUSED ? findings::kInterceptRefuses : findings::kInterceptUnreachable;
}

}  // namespace

InterceptLink::InterceptLink(runtime::EventLoop& loop, Settings settings, LinkCounters& counters,
                             std::minstd_rand& random, Events events)
    : loop_(loop),
      settings_(std::move(settings)),
      counters_(counters),
      random_(random),
      events_(std::move(events)),
      input_(kReadSize),
      backoff_(kFirstBackoff) {}

void InterceptLink::start() {
  fd_ = runtime::begin_connect(settings_.intercept);
  if (!fd_) {
    fail(runtime::error_text(errno), findings::kInterceptUnreachable);
    return;
  }
  runtime::prepare_link(fd_.get(), kPatience);
  runtime::limit_unacknowledged(fd_.get(), kPatience);
  state_ = State::kConnecting;
  timer_ = loop_.after(kConnectTime,
                       [this] { fail("no answer in time", findings::kInterceptUnreachable); });
  watch_ = loop_.try_watch(fd_.get(), EPOLLIN | EPOLLOUT,
                           [this](std::uint32_t events) { on_ready(events); });
  if (!watch_) fail("epoll_ctl: " + runtime::error_text(errno));
}

void InterceptLink::on_ready(std::uint32_t events) {
  if (state_ == State::kConnecting) {
    on_connect_done();
    return;
  }
  if (state_ == State::kShakingHands) {
    shake_hands();
    return;
  }
  if ((events & EPOLLOUT) != 0) flush();
  if (state_ == State::kConnected && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read();
}

void InterceptLink::on_connect_done() {
  if (const int error = runtime::connect_result(fd_.get()); error != 0) {
    fail(runtime::error_text(error), code_of(error));
    return;
  }
  if (settings_.key) {
    state_ = State::kShakingHands;  // under the same timer
    session_ = keys::TlsSession::client(*settings_.key);
    shake_hands();
  } else {
    begin();
  }
}

void InterceptLink::shake_hands() {
  std::array<std::byte, 4096> input;  // NOLINT(*-member-init): written by recv
  const ssize_t size = ::recv(fd_.get(), input.data(), input.size(), MSG_DONTWAIT);
  if (size > 0)
    session_->on_bytes(Bytes(input).first(static_cast<std::size_t>(size)), [](Bytes) {});
  // What is left after a failure tells the intercept of it.
  const Bytes unsent = session_->unsent();
  const ssize_t sent = ::send(fd_.get(), unsent.data(), unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) session_->on_sent(static_cast<std::size_t>(sent));
  if (session_->failure()) {
    fail(*session_->failure());
  } else if (size == 0) {
    fail("it closed the link instead of showing that it has the key: an intercept of 1.x has none");
  } else if (session_->established()) {
    begin();
  } else {
    watch_.change(session_->unsent().empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
  }
}

// The link is there, and its other end is who it should be.
void InterceptLink::begin() {
  state_ = State::kConnected;
  end_.emplace(settings_.end, loop_.now());
  timer_ = loop_.every(kLook, [this] { look(); });
  connected_at_ = loop_.now();
  ++counters_.connects;
  spdlog::info("connected to intercept {}, link {}", settings_.intercept.to_string(),
               settings_.number);
  watch_.change(EPOLLIN);
  flush();
  if (connected()) events_.on_connected();
}

void InterceptLink::announce(const FlowKey& flow) {
  ++(end_->announce(flow) ? counters_.routes : counters_.routes_dropped);
}

void InterceptLink::flush() {
  if (!connected() || broken_) return;
  const Bytes unsent = keys::next_to_write(session_, *end_, loop_.now());
  if (unsent.empty()) return;
  const ssize_t sent = ::send(fd_.get(), unsent.data(), unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    break_off(runtime::error_text(errno));
    return;
  }
  if (sent > 0) keys::on_written(session_, *end_, static_cast<std::size_t>(sent), loop_.now());
  const bool wait = unsent_bytes() > 0 || (session_ && !session_->unsent().empty());
  if (wait != waits_for_room_) {
    waits_for_room_ = wait;
    watch_.change(wait ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }
}

void InterceptLink::coalesce(bool on) {
  if (connected()) runtime::coalesce_input(fd_.get(), on ? kCoalescedBytes : 1);
}

void InterceptLink::read() {
  for (runtime::Budget budget(loop_); connected() && budget.another() && read_some();) {
  }
}

// @return whether there may be more.
bool InterceptLink::read_some() {
  const ssize_t size = ::recv(fd_.get(), input_.data(), input_.size(), MSG_DONTWAIT);
  if (size > 0) {
    take(Bytes(input_).first(static_cast<std::size_t>(size)));
  } else if (size == 0) {
    const bool at_once = loop_.now() - connected_at_ < kSettled;
    fail("the intercept closed the link", at_once ? findings::kInterceptCloses : findings::Code());
  } else if (errno != EAGAIN && errno != EINTR) {
    fail(runtime::error_text(errno));
  }
  return size == static_cast<ssize_t>(input_.size());
}

void InterceptLink::take(Bytes bytes) {
  reading_ = true;
  const auto of_end = [this](Bytes plain) {
    if (end_->over()) return;
    end_->on_bytes(plain, loop_.now(),
                   [this](const net::Parsed<Response>& response) { on_response(response); });
  };
  session_ ? session_->on_bytes(bytes, of_end) : of_end(bytes);
  for (const wire::Tell& tell : end_->take_told()) {
    if (events_.on_answer) events_.on_answer(tell);
  }
  reading_ = false;
  if (broken_) {
    fail(*std::exchange(broken_, std::nullopt));
  } else if (session_ && session_->failure()) {
    fail(*session_->failure());
  } else if (end_->over()) {
    fail(end_->over()->detail);
  } else {
    flush();  // what it answers
  }
}

// What a response brings about may write to this very link; the end stays until it has been read.
void InterceptLink::break_off(const std::string& why) {
  if (reading_) {
    broken_ = why;
  } else {
    fail(why);
  }
}

// What is due at this end, and what there is to say of the other.
void InterceptLink::look() {
  end_->set_seen({counters_.responses, 0});
  if (end_->next_deadline() <= loop_.now()) end_->on_deadline(loop_.now());
  if (end_->over()) {
    fail(end_->over()->detail);
    return;
  }
  flush();
  if (connected() && end_->version() != 0) events_.on_told(*end_);
}

void InterceptLink::on_response(const net::Parsed<Response>& response) {
  if (!response) {
    ++counters_.malformed;
    if (malformed_log_.allow(loop_.now())) {
      spdlog::warn("intercept {} sent a record that is no response ({})",
                   settings_.intercept.to_string(), net::to_string(response.error));
    }
    return;
  }
  ++counters_.responses;
  if (response.value.payload_length > 0 && !response.value.flags.psh()) ++counters_.unended;
  if (response.value.way_back) counters_.way_back.note(*response.value.way_back);
  events_.on_response(response.value);
}

// @param why by value: it may be of the end or the session, which go.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void InterceptLink::fail(std::string why, const findings::Code& code) {
  const std::string coded = code.number == 0 ? "" : " [" + to_string(code) + "]";
  const bool was_connected = connected();
  const bool was_reached = state_ == State::kShakingHands;
  // A peer that takes the link and ends it at once is no better than one that cannot be reached.
  if (was_connected && loop_.now() - connected_at_ >= kSettled) {
    backoff_ = kFirstBackoff;
    unreachable_.end();
  }
  watch_.reset();
  fd_.reset();
  state_ = State::kIdle;
  waits_for_room_ = false;
  end_.reset();
  session_.reset();
  if (was_connected) {
    ++counters_.breaks;
    spdlog::warn("link to intercept {}, {}, lost: {}{}; connecting again",
                 settings_.intercept.to_string(), settings_.number, why, coded);
  } else if (unreachable_.happens(loop_.now())) {
    spdlog::warn("cannot reach intercept {}: {}; retrying (link {}){}{}{}",
                 settings_.intercept.to_string(), why, settings_.number, unreachable_.count(),
                 coded, was_reached ? "" : ". Is intercept running there, and its port open?");
  }
  retry();
  if (was_connected) events_.on_broken();
}

void InterceptLink::retry() {
  // Jitter, so that many tcpcopies do not come back to a restarted intercept at one moment.
  const auto spread = static_cast<Duration::rep>(random_() % 500);
  const Duration delay = backoff_ + backoff_ * spread / 1000;
  backoff_ = std::min(backoff_ * 2, kMaxBackoff);
  timer_ = loop_.after(delay, [this] { start(); });
}

}  // namespace tcpcopy::returns
