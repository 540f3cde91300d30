// SPDX-License-Identifier: BSD-3-Clause
// One link to an intercept: connects, announces sessions, receives responses, and connects again
// when it breaks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/channel/tcpcopy_end.hh"
#include "common/findings/codes.hh"
#include "common/keys/tls_session.hh"
#include "common/runtime/event_loop.hh"
#include "common/runtime/log.hh"
#include "tcpcopy/lag.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::returns {

struct LinkCounters {
  std::uint64_t responses = 0;
  std::uint64_t unended = 0;         ///< of them: with payload and without PSH
  std::uint64_t malformed = 0;       ///< records that hold no sane response
  std::uint64_t routes = 0;          ///< routes announced
  std::uint64_t routes_dropped = 0;  ///< not announced: the intercept did not read
  std::uint64_t connects = 0;
  std::uint64_t breaks = 0;
  Lag way_back;  ///< of responses, from their capture to here, as far as it is known
};

class InterceptLink {
 public:
  struct Events {
    std::function<void(const Response&)> on_response;
    std::function<void()> on_connected;
    std::function<void()> on_broken;
    /// Called now and then, once it is known what the intercept speaks.
    std::function<void(const channel::TcpcopyEnd&)> on_told;
    /// The answer to a question.
    std::function<void(const wire::Tell&)> on_answer{};
  };

  struct Settings {
    Endpoint intercept;
    std::string number;  ///< for the log: which of the links to this intercept, as in "1 of 2"
    channel::TcpcopyEnd::Settings end;
    std::optional<keys::Key> key{};  ///< that the intercept has as well; none: links in clear
  };

  InterceptLink(runtime::EventLoop& loop, Settings settings, LinkCounters& counters,
                std::minstd_rand& random, Events events);
  ~InterceptLink() = default;
  InterceptLink(const InterceptLink&) = delete;
  InterceptLink& operator=(const InterceptLink&) = delete;
  InterceptLink(InterceptLink&&) = delete;
  InterceptLink& operator=(InterceptLink&&) = delete;

  /// The next connections use this key; one that is there goes on with its own.
  void set_key(const std::optional<keys::Key>& key) { settings_.key = key; }

  /// Begins to connect; goes on trying until it is destroyed.
  void start();

  bool connected() const { return state_ == State::kConnected; }

  /// Queues a registration; flush() sends it. REQUIRES: connected().
  void announce(const FlowKey& flow);
  /// Queues a question likewise. @return false when the intercept takes none.
  bool ask(const wire::Ask& ask) { return end_ && end_->ask(ask); }
  void flush();

  // See ResponseSource.
  void coalesce(bool on);
  void read();

  std::size_t unsent_bytes() const { return end_ ? end_->unsent().size() : 0; }

 private:
  enum class State : std::uint8_t { kIdle, kConnecting, kShakingHands, kConnected };

  void on_ready(std::uint32_t events);
  void on_connect_done();
  void shake_hands();
  void begin();
  bool read_some();
  void take(Bytes bytes);
  void look();
  void on_response(const net::Parsed<Response>& response);
  void break_off(const std::string& why);
  void fail(std::string why, const findings::Code& code = {});
  void retry();

  runtime::EventLoop& loop_;
  Settings settings_;
  LinkCounters& counters_;
  std::minstd_rand& random_;
  Events events_;
  runtime::UniqueFd fd_;
  runtime::Watch watch_;
  runtime::Timer timer_;  // of the attempt to connect, of the next one, or of what is due
  State state_ = State::kIdle;
  std::optional<channel::TcpcopyEnd> end_;   // while connected
  std::optional<keys::TlsSession> session_;  // between the end and the socket
  std::vector<std::byte> input_;
  Duration backoff_;
  Instant connected_at_;
  bool waits_for_room_ = false;
  bool reading_ = false;               // the end is at work
  std::optional<std::string> broken_;  // meanwhile, and why
  runtime::LastingFault unreachable_;
  runtime::LogThrottle malformed_log_;
};

}  // namespace tcpcopy::returns
