// SPDX-License-Identifier: BSD-3-Clause
// A small TCP endpoint for the simulator's hosts, independent of the engine's: go-back-N on
// timeout, fast retransmission, reassembly, windows, half-close, TIME-WAIT; where both sides offer
// them, SACK blocks of what it received, timestamps with PAWS, window scaling. It believes what
// Linux believes: a segment outside the window is not looked at, whatever it acknowledges, and
// challenge acks are few (RFC 5961). It has no congestion control and keeps its bytes in strings.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tcpcopy/segment.hh"
#include "tests/sim/clockwork.hh"

namespace tcpcopy::sim {

/// A packet of the simulated network.
struct Packet {
  Endpoint source;
  Endpoint destination;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  TcpOptions options;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sacks;  ///< [begin, end)
  std::string payload;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  std::uint32_t length() const {
    return static_cast<std::uint32_t>(payload.size()) + (has(TcpFlags::kSyn) ? 1U : 0U) +
           (has(TcpFlags::kFin) ? 1U : 0U);
  }
};

/// What an endpoint offers in its SYN, besides an MSS.
struct Offers {
  bool sack = false;
  bool timestamps = false;
  bool window_scale = false;
};

class MiniTcp {
 public:
  static constexpr std::uint32_t kMss = 500;  ///< bytes
  struct Events {
    std::function<void(const Packet&)> transmit;
    std::function<void(std::string)> received;  ///< bytes in order
    std::function<void()> peer_closed;          ///< FIN
    std::function<void()> was_reset;
    std::function<void(const char*)> peer_erred;  ///< against what was agreed on
  };
  enum class State : std::uint8_t { kClosed, kSynSent, kSynReceived, kOpen };

  MiniTcp(Clockwork& clockwork, const Endpoint& self, const Endpoint& peer, std::uint32_t iss,
          const Offers& offers, Events events);
  ~MiniTcp();
  MiniTcp(const MiniTcp&) = delete;
  MiniTcp& operator=(const MiniTcp&) = delete;

  void connect();
  /// Answers a SYN.
  void accept(const Packet& syn);
  void on_packet(const Packet& packet);

  void write(const std::string& bytes);
  void close();  ///< FIN behind what was written
  /// The same of an application that reads no more either: what still comes is met with RST, and a
  /// peer that does not close within a minute is forgotten.
  void close_fully();
  void abort();  ///< RST
  /// Forgets what it has received behind a gap, although it said so (RFC 2018, 8).
  void renege() { early_.clear(); }
  /// What was written and not acknowledged yet, bytes.
  std::size_t unsent() const { return unacked_.size(); }
  /// While stalled the application reads nothing and the window closes.
  void stall(bool stalled);
  void send_keep_alive();

  State state() const { return state_; }
  bool closed() const { return state_ == State::kClosed; }
  /// Both FINs are acknowledged, or it was reset.
  bool finished() const { return closed() || (fin_acked_ && fin_received_); }
  std::uint32_t sent_up_to() const { return highest_sent_; }
  std::uint32_t received_up_to() const { return rcv_nxt_; }

 private:
  static constexpr std::uint32_t kBuffer = 20'000;
  static constexpr std::uint8_t kShift = 3;
  static constexpr std::size_t kMostSacks = 3;  // timestamps take the room of a fourth
  // Linux: tcp_fin_timeout, tcp_invalid_ratelimit.
  static constexpr Duration kFinWait2 = std::chrono::seconds(60);
  static constexpr Duration kChallengePause = std::chrono::milliseconds(500);

  bool acceptable(const Packet& packet) const;
  bool acks_believably(const Packet& packet);
  void challenge(const Packet& packet);
  void on_fin_acked();
  void pump();
  void transmit(std::uint32_t seq, std::uint8_t flags, const std::string& payload);
  void send_ack();
  void send_syn();
  void agree(const TcpOptions& theirs);
  void add_options(Packet& packet) const;
  bool is_stale(const Packet& packet);
  std::uint32_t timestamp() const;
  std::uint32_t peer_window(const Packet& packet) const;
  void take_ack(const Packet& packet);
  void take_data(const Packet& packet);
  void deliver();
  void arm();
  void on_timeout();
  void die();
  std::uint32_t window() const;
  std::uint32_t stream_end() const;

  Clockwork& clockwork_;
  Endpoint self_;
  Endpoint peer_;
  Events events_;
  Offers offers_;  // once connected: what both sides offered
  std::uint8_t peer_shift_ = 0;
  std::uint32_t ts_recent_ = 0;
  State state_ = State::kClosed;
  bool active_ = false;

  std::uint32_t iss_;
  std::uint32_t snd_una_;
  std::uint32_t snd_nxt_;
  std::uint32_t highest_sent_;
  std::uint32_t snd_wnd_ = kMss;
  std::string unacked_;  // begins at snd_una_ (behind the SYN)
  bool fin_wanted_ = false;
  bool fin_acked_ = false;
  bool orphan_ = false;
  Instant challenged_at_ = kNever;
  std::uint32_t max_snd_wnd_ = kMss;
  int duplicates_ = 0;
  int tries_ = 0;

  std::uint32_t rcv_nxt_ = 0;
  std::uint32_t rcv_wup_ = 0;                   // the last ack that was sent
  std::uint32_t rcv_edge_ = 0;                  // the right edge of the window that was announced
  std::map<std::uint32_t, std::string> early_;  // by distance from the first byte
  std::uint32_t irs_ = 0;
  std::string unread_;
  bool stalled_ = false;
  bool fin_received_ = false;
  bool fin_told_ = false;
  bool fin_seen_ = false;
  std::uint32_t fin_at_ = 0;

  std::uint64_t timer_ = 0;
  bool timer_on_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tcpcopy::sim
