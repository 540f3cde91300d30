// SPDX-License-Identifier: BSD-3-Clause
// Half a million sessions, opened, used and closed: what remains of them is nothing. Every
// allocation of this program is counted, so memory is known to the byte.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>
#include <string_view>

#include "tcpcopy/session/engine.hh"
#include "tcpcopy/session/limits.hh"

namespace {

std::size_t allocated = 0;  // bytes

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  allocated += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) allocated -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace tcpcopy::session {
namespace {

using namespace std::chrono_literals;

#ifndef TCPCOPY_SESSIONS
#error "CMake says how many"
#endif
constexpr std::uint32_t kSessions = TCPCOPY_SESSIONS;
constexpr std::string_view kRequest = "GET / HTTP/1.1\r\n\r\n";
constexpr std::uint32_t kResponse = 120;
const Endpoint kOnline{Address::v4(0x0a4d0014), 80};
const Endpoint kTarget{Address::v4(0x0a4d001e), 8080};

// All clients and the target, in lock step: every session makes the same conversation.
class Crowd : public PacketSink, public RouteSink {
 public:
  Crowd()
      : engine_(Settings{}, TargetRules({{std::nullopt, kOnline.port, kTarget}}), SourceAddresses(),
                now_, {*this, *this}) {}

  static Endpoint client(std::uint32_t number) {
    return {Address::v4(0xc6120000U + number / 50'000),
            static_cast<std::uint16_t>(10'000 + number % 50'000)};
  }
  // Just below 2^32, so that every stream wraps.
  static constexpr std::uint32_t kClientIss = 0xfffffffaU;
  static constexpr std::uint32_t kOnlineIss = 0xfffffff0U;
  static constexpr std::uint32_t kTargetIss = 0xfffffff7U;

  void captured(std::uint32_t number, std::uint8_t flags, std::uint32_t seq, std::uint32_t ack,
                std::string_view payload = {}) {
    ClientSegment segment;
    segment.source = client(number);
    segment.destination = kOnline;
    segment.flags = {flags};
    segment.seq = Seq<space::Client>(kClientIss + seq);
    segment.ack = Seq<space::Online>(kOnlineIss + ack);
    segment.window = 65535;
    segment.payload = std::as_bytes(std::span(payload));
    segment.payload_length = static_cast<std::uint32_t>(payload.size());
    engine_.on_segment(segment, now_);
  }
  void answered(std::uint32_t number, std::uint8_t flags, std::uint32_t seq, std::uint32_t ack,
                std::uint32_t length = 0) {
    Response response;
    response.source = kTarget;
    response.destination = client(number);
    response.flags = {flags};
    response.seq = Seq<space::Target>(kTargetIss + seq);
    response.ack = Seq<space::Replay>(kClientIss + ack);
    response.window = 65535;
    response.payload_length = length;
    engine_.on_response(response, now_);
  }

  void open(std::uint32_t number) {
    captured(number, TcpFlags::kSyn, 0, 0);
    answered(number, TcpFlags::kSyn | TcpFlags::kAck, 0, 1);
    captured(number, TcpFlags::kAck, 1, 1);
    captured(number, TcpFlags::kAck | TcpFlags::kPsh, 1, 1, kRequest);
    answered(number, TcpFlags::kAck | TcpFlags::kPsh, 1, kBehindRequest, kResponse);
  }
  void close(std::uint32_t number) {
    captured(number, TcpFlags::kAck | TcpFlags::kFin, kBehindRequest, 1 + kResponse);
    answered(number, TcpFlags::kAck | TcpFlags::kFin, 1 + kResponse, kBehindRequest + 1);
    captured(number, TcpFlags::kAck, kBehindRequest + 1, 2 + kResponse);
  }
  void wait(Duration duration) {
    const Instant until = now_ + duration;
    for (Instant next = engine_.next_deadline(); next <= until; next = engine_.next_deadline()) {
      now_ = std::max(now_, next);
      engine_.on_deadline(now_);
    }
    now_ = until;
    engine_.on_deadline(now_);
  }

  const Engine& engine() const { return engine_; }

  void send(const ReplaySegment& segment, std::span<const Bytes>) override {
    bytes_sent_ += segment.payload_length;
  }
  bool announce(const FlowKey&) override { return true; }
  std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  static constexpr std::uint32_t kBehindRequest = 1 + static_cast<std::uint32_t>(kRequest.size());

  Instant now_{std::chrono::seconds(1000)};
  Engine engine_;
  std::uint64_t bytes_sent_ = 0;
};

void expect_nothing_left(const Crowd& crowd, std::uint64_t sessions) {
  const Ledger& ledger = crowd.engine().ledger();
  EXPECT_EQ(crowd.engine().sessions(), 0U);
  EXPECT_EQ(crowd.engine().timers(), 0U);
  EXPECT_EQ(ledger.sessions_completed, sessions);
  EXPECT_EQ(ledger.held.bytes, 0U);
  EXPECT_EQ(ledger.held.packets, 0U);
  EXPECT_EQ(ledger.delivered.bytes, sessions * kRequest.size());
  EXPECT_EQ(crowd.bytes_sent(), sessions * kRequest.size());
  EXPECT_TRUE(ledger.balanced());
}

// What is still kept of the ended connections is forgotten by then.
constexpr Duration kForgotten = 2 * kRememberEnded + 1s;

// The floor is what a handful of sessions leave behind: enough of them to touch every block of the
// memory of ended connections (RecentSet), whatever the hashes are.
constexpr std::uint32_t kHandful = 3000;
std::size_t find_floor(Crowd& crowd) {
  for (std::uint32_t number = 0; number < kHandful; ++number)
    crowd.open(number);
  for (std::uint32_t number = 0; number < kHandful; ++number)
    crowd.close(number);
  crowd.wait(kForgotten);
  return allocated;
}

TEST(ManySessions, OneAfterTheOther) {
  Crowd crowd;
  const std::size_t floor = find_floor(crowd);
  for (std::uint32_t number = kHandful; number < kSessions; ++number) {
    crowd.open(number);
    crowd.close(number);
    if (number % 1000 == 0) crowd.wait(100ms);
  }
  crowd.wait(kForgotten);
  expect_nothing_left(crowd, kSessions);
  EXPECT_LE(allocated, floor);
}

TEST(ManySessions, AllAtOnce) {
  Crowd crowd;
  const std::size_t floor = find_floor(crowd);
  for (std::uint32_t number = kHandful; number < kSessions; ++number)
    crowd.open(number);
  EXPECT_EQ(crowd.engine().sessions(), kSessions - kHandful);
  EXPECT_EQ(crowd.engine().timers(), kSessions - kHandful);
  EXPECT_GT(allocated, floor + (kSessions - kHandful) * kRequest.size());
  crowd.wait(1s);
  for (std::uint32_t number = kHandful; number < kSessions; ++number)
    crowd.close(number);
  crowd.wait(kForgotten);
  expect_nothing_left(crowd, kSessions);
  EXPECT_LE(allocated, floor);
}

}  // namespace
}  // namespace tcpcopy::session
