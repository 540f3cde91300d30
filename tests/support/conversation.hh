// SPDX-License-Identifier: BSD-3-Clause
// Drives the replay engine through one conversation, step by step, in relative numbers.
//
// The client's numbers count from its SYN (0; the first byte is 1), and so do the target's and the
// online server's. Payload bytes are a function of their position, so every byte that is sent is
// checked. A failed expectation names the line of the scenario and prints all steps before it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "tcpcopy/ports.hh"
#include "tcpcopy/session/engine.hh"

namespace tcpcopy::test {

using namespace std::chrono_literals;

/// A segment as a scenario writes it: `seg("SA").seq(0).ack(1)`.
struct Step {
  std::string flags;  ///< letters of S F R P A U
  std::int64_t seq_at = 0;
  std::int64_t ack_at = -1;  ///< -1: no ack, or not compared
  std::uint32_t bytes = 0;
  int window_field = -1;     ///< -1: the default, or not compared
  std::uint16_t urgent = 0;  ///< the urgent pointer
  TcpOptions options;
  bool check_options = false;
  std::vector<std::pair<std::int64_t, std::int64_t>> sack_ranges;
  std::string text;                  ///< payload instead of the pattern, for what only text shows
  std::optional<Duration> way_back;  ///< how long the target's packet was under way, if known

  Step seq(std::int64_t at) const {
    return with([&](Step& s) { s.seq_at = at; });
  }
  Step ack(std::int64_t at) const {
    return with([&](Step& s) { s.ack_at = at; });
  }
  Step len(std::uint32_t n) const {
    return with([&](Step& s) { s.bytes = n; });
  }
  Step win(int field) const {
    return with([&](Step& s) { s.window_field = field; });
  }
  Step urg(std::uint16_t pointer) const {
    return with([&](Step& s) { s.urgent = pointer; });
  }
  Step opts(const TcpOptions& o) const {
    return with([&](Step& s) {
      s.options = o;
      s.check_options = true;
    });
  }
  Step sack(std::int64_t begin, std::int64_t end) const {
    return with([&](Step& s) { s.sack_ranges.emplace_back(begin, end); });
  }
  Step says(const std::string& payload) const {
    return with([&](Step& s) {
      s.text = payload;
      s.bytes = static_cast<std::uint32_t>(payload.size());
    });
  }
  Step late(Duration by) const {
    return with([&](Step& s) { s.way_back = by; });
  }
  std::string to_string() const;

 private:
  template <typename Change>
  Step with(Change change) const {
    Step copy = *this;
    change(copy);
    return copy;
  }
};

inline Step seg(const std::string& flags) {
  Step step;
  step.flags = flags;
  return step;
}

/// The initial numbers of the three spaces.
struct Numbers {
  std::uint32_t client = 1000;
  std::uint32_t online = 2000;
  std::uint32_t target = 3000;
};

class Conversation : public PacketSink, public RouteSink {
 public:
  explicit Conversation(Numbers numbers = {}, session::Settings settings = {},
                        std::vector<Address> pool = {}, const char* file = __builtin_FILE(),
                        int line = __builtin_LINE());
  /// The same with a module for the target. It outlives the conversation.
  Conversation(Numbers numbers, Module& module, session::Settings settings = {},
               const char* file = __builtin_FILE(), int line = __builtin_LINE());
  /// A packet that no expectation took fails the test, and so does a ledger that does not balance.
  ~Conversation() override;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  Conversation(Conversation&&) = delete;
  Conversation& operator=(Conversation&&) = delete;

  // Inputs. Each is one wake-up, at whose end due acks leave, unless it stands between
  // `begin_wake_up()` and `end_wake_up()`.
  void client(const Step& step);
  void target(const Step& step);
  /// Lets time pass, firing every deadline on the way.
  void wait(Duration duration);
  /// The inputs until the next `end_wake_up()` come in one wake-up.
  void begin_wake_up() { in_wake_up_ = true; }
  void end_wake_up();

  // Expectations about what was sent, in order.
  void expect(const Step& step, const char* file = __builtin_FILE(), int line = __builtin_LINE());
  /// A SYN that begins a new connection at the client's byte `position`. Its number is free; from
  /// here on the relative numbers of the replay count as the client's do.
  void expect_reconnect(std::int64_t position, const char* file = __builtin_FILE(),
                        int line = __builtin_LINE());
  /// Passes over all that was sent. Where it has the SYN of a new connection at the client's byte
  /// `position`, relative numbers count from there.
  void pass_over(std::int64_t position);
  void expect_nothing(const char* file = __builtin_FILE(), int line = __builtin_LINE());
  /// The session is gone, the ledger balances, nothing more was sent.
  void expect_ended(const char* file = __builtin_FILE(), int line = __builtin_LINE());

  /// The usual beginning: SYN, SYN-ACK, ACK, all expected and answered.
  void shake_hands(const TcpOptions& options = {}, const TcpOptions& target_options = {},
                   int target_window = 65535);

  /// The link to the intercept is gone, or back.
  void cut_links() { routes_up_ = false; }
  void restore_links();
  /// The client's ports from here on.
  void set_client_port(std::uint16_t port) { client_.port = port; }
  void set_client_address(const Address& address) { client_.address = address; }
  void new_numbers(Numbers numbers) { numbers_ = numbers; }

  session::Engine& engine() { return engine_; }
  const session::Ledger& ledger() const { return engine_.ledger(); }
  Instant now() const { return now_; }
  std::size_t routes_added() const { return routes_added_; }
  std::uint16_t target_side_port() const { return last_source_.port; }

  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override;
  bool announce(const FlowKey& flow) override;

  static std::byte pattern(std::int64_t position) {
    return static_cast<std::byte>((position * 7 + 3) % 251);
  }

 private:
  Conversation(Numbers numbers, session::Settings settings, std::vector<Address> pool,
               const session::TargetModules& modules, const char* file, int line);

  void note(const std::string& line) { history_.push_back(line); }
  void fail(const std::string& what, const char* file, int line);
  void finish_input();
  std::string at_time(const std::string& text) const;

  std::uint32_t replay_initial() const { return numbers_.client + replay_shift_; }

  const char* file_;  // where it began
  int line_;
  Numbers numbers_;
  std::uint32_t replay_shift_ = 0;  // how far a new connection's numbers are from the client's
  Instant now_{std::chrono::seconds(1000)};
  session::Engine engine_;
  Endpoint client_;
  Endpoint last_source_;
  std::deque<Step> sent_;
  std::vector<std::string> history_;
  std::size_t routes_added_ = 0;
  bool routes_up_ = true;
  bool in_wake_up_ = false;
  bool failed_ = false;
};

}  // namespace tcpcopy::test
