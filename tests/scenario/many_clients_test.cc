// SPDX-License-Identifier: BSD-3-Clause
// Many clients: how many sessions a connection becomes (-n, -r), from which addresses and ports,
// and how work for all of them is spread.
#include <algorithm>
#include <map>
#include <set>

#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using session::LossReason;

// Takes the engine's packets and answers every SYN, ten lines instead of a target.
class ManyClients : public ::testing::Test, public PacketSink, public RouteSink {
 protected:
  void start(const session::Settings& settings, std::vector<Address> pool) {
    engine_ = std::make_unique<session::Engine>(
        settings, TargetRules({{std::nullopt, kOnline.port, kTarget}}),
        session::SourceAddresses(std::move(pool), std::nullopt), now_,
        session::Engine::Ports{*this, *this});
  }

  void client(const Endpoint& client, std::uint8_t flags, std::uint32_t seq,
              std::uint32_t payload = 0) {
    ClientSegment segment;
    segment.source = client;
    segment.destination = kOnline;
    segment.seq = Seq<space::Client>(seq);
    segment.ack = Seq<space::Online>(1);
    segment.flags = {flags};
    segment.window = 65535;
    segment.payload_length = payload;
    static const std::vector<std::byte> zeros(1000);
    segment.payload = Bytes(zeros).first(payload);
    engine_->on_segment(segment, now_);
  }

  void send(const ReplaySegment& segment, std::span<const Bytes>) override {
    bytes_[segment.source] += segment.payload_length;
    if (segment.flags.rst()) ++resets_;
    if (!segment.flags.syn()) return;
    EXPECT_TRUE(sources_.insert(segment.source).second) << segment.source.to_string();
    unanswered_.push_back(segment);
  }
  bool announce(const FlowKey& flow) override {
    ++announced_[flow.client];
    return true;
  }

  void answer_syns() {
    for (const ReplaySegment& syn : std::exchange(unanswered_, {})) {
      Response response;
      response.source = syn.destination;
      response.destination = syn.source;
      response.seq = Seq<space::Target>(77);
      response.ack = syn.seq + 1;
      response.flags = {TcpFlags::kSyn | TcpFlags::kAck};
      response.window = 65535;
      engine_->on_response(response, now_);
    }
  }

  std::uint64_t lost_sessions(LossReason reason) const {
    return engine_->ledger().sessions_lost[static_cast<std::size_t>(reason)];
  }

  const Endpoint kOnline{Address::v4(0x0a4d0014), 80};
  const Endpoint kTarget{Address::v4(0x0a4d001e), 8080};
  const Instant now_{std::chrono::seconds(1000)};
  std::unique_ptr<session::Engine> engine_;
  std::set<Endpoint> sources_;  // of the SYNs
  std::map<Endpoint, std::uint32_t> bytes_;
  std::map<Endpoint, int> announced_;
  std::size_t resets_ = 0;
  std::vector<ReplaySegment> unanswered_;
};

TEST_F(ManyClients, EveryCopyIsAWholeSession) {
  session::Settings settings;
  settings.copies = 3;
  start(settings, {});
  const Endpoint one{Address::v4(0x0a000001), 40000};
  client(one, TcpFlags::kSyn, 100);
  client(one, TcpFlags::kAck, 101);
  client(one, TcpFlags::kAck | TcpFlags::kPsh, 101, 500);
  answer_syns();
  EXPECT_EQ(sources_, (std::set<Endpoint>{one, {one.address, 40032}, {one.address, 40096}}));
  for (const Endpoint& source : sources_)
    EXPECT_EQ(bytes_[source], 500U) << source.to_string();
  EXPECT_EQ(engine_->sessions(), 3U);
  EXPECT_EQ(engine_->ledger().captured.packets, 9U);
  EXPECT_TRUE(engine_->ledger().balanced());
}

TEST_F(ManyClients, CopiesTakeOtherAddressesOfThePool) {
  session::Settings settings;
  settings.copies = 3;
  start(settings, {Address::v4(0x0b000001), Address::v4(0x0b000002), Address::v4(0x0b000003)});
  client({Address::v4(0x0a000001), 40000}, TcpFlags::kSyn, 100);
  std::set<Address> addresses;
  for (const Endpoint& source : sources_)
    addresses.insert(source.address);
  EXPECT_EQ(addresses.size(), 3U);
}

// 300 clients with the same port on two addresses, three copies of each: 900 sessions.
TEST_F(ManyClients, SmallPoolsNeverMakeTwoSessionsAlike) {
  session::Settings settings;
  settings.copies = 3;
  start(settings, {Address::v4(0x0b000001), Address::v4(0x0b000002)});
  for (std::uint32_t i = 0; i < 300; ++i)
    client({Address::v4(0x0a000000 + i), 40000}, TcpFlags::kSyn, 100);
  EXPECT_EQ(sources_.size(), 900U);  // send() fails on a second of the same
  EXPECT_EQ(engine_->sessions(), 900U);
  EXPECT_EQ(engine_->ledger().ports_changed, 900U - 2 * 3);
  EXPECT_TRUE(engine_->ledger().balanced());
}

TEST_F(ManyClients, FullPoolLosesSessionsWithAReason) {
  session::Settings settings;
  start(settings, {Address::v4(0x0b000001)});
  for (std::uint32_t port = 1024; port < 65536; ++port) {
    const Endpoint one{Address::v4(0x0a000001), static_cast<std::uint16_t>(port)};
    client(one, TcpFlags::kSyn, 100);
    client(one, TcpFlags::kAck, 101);  // half-open ones would make room
  }
  EXPECT_EQ(sources_.size(), 64'512U);
  for (std::uint32_t i = 0; i < 10; ++i)
    client({Address::v4(0x0a010000 + i), 40000}, TcpFlags::kSyn, 100);
  EXPECT_EQ(sources_.size(), 64'512U);
  EXPECT_EQ(lost_sessions(LossReason::kNoFreePort), 10U);
  EXPECT_TRUE(engine_->ledger().balanced());
}

TEST_F(ManyClients, SampledClientsAreWholeAndTheOthersAreCounted) {
  session::Settings settings;
  settings.percent = 25;
  start(settings, {});
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const Endpoint one{Address::v4(0x0a000000 + i), 40000};
    client(one, TcpFlags::kSyn, 100);
    client(one, TcpFlags::kAck, 101);
    client(one, TcpFlags::kAck | TcpFlags::kPsh, 101, 500);
  }
  answer_syns();
  const auto& ledger = engine_->ledger();
  const std::uint64_t out = lost_sessions(LossReason::kNotSampled);
  EXPECT_NEAR(static_cast<double>(sources_.size()), 250, 50);
  EXPECT_EQ(sources_.size() + out, 1000U);
  EXPECT_EQ(ledger.sessions_opened, 1000U);
  EXPECT_EQ(ledger.lost[static_cast<std::size_t>(LossReason::kNotSampled)].bytes, out * 500);
  EXPECT_EQ(ledger.bytes_sent, sources_.size() * 500);
  EXPECT_TRUE(ledger.balanced());
}

TEST_F(ManyClients, AreAnnouncedAnewInParts) {
  constexpr std::uint32_t kClients = 5000;
  start({}, {});
  for (std::uint32_t i = 0; i < kClients; ++i)
    client({Address::v4(0x0a000000 + i), 40000}, TcpFlags::kSyn, 100);
  sources_.clear();
  announced_.clear();
  engine_->on_path_restored(now_);
  EXPECT_LT(announced_.size(), kClients / 2);
  EXPECT_LE(engine_->next_deadline(), now_);

  // Meanwhile the first one, which was announced, ends, and a new one comes.
  EXPECT_EQ(engine_->shed(1, now_), 1U);
  client({Address::v4(0x0a100000), 40000}, TcpFlags::kSyn, 100);
  sources_.clear();
  int turns = 0;
  for (; engine_->next_deadline() <= now_; ++turns)
    engine_->on_deadline(now_);
  EXPECT_GT(turns, 2);
  EXPECT_EQ(announced_.size(), kClients + 1);
  for (const auto& [source, times] : announced_)
    EXPECT_EQ(times, 1) << source.to_string();
}

TEST_F(ManyClients, AreEndedInParts) {
  constexpr std::uint32_t kClients = 2000;
  start({}, {});
  for (std::uint32_t i = 0; i < kClients; ++i)
    client({Address::v4(0x0a000000 + i), 40000}, TcpFlags::kSyn, 100);
  answer_syns();
  engine_->drain(now_);
  engine_->shut_down(now_);  // before all were drained
  EXPECT_GT(resets_, 0U);
  std::size_t most = resets_;
  for (std::size_t before = resets_; engine_->next_deadline() <= now_; before = resets_) {
    engine_->on_deadline(now_);
    most = std::max(most, resets_ - before);
  }
  EXPECT_LT(most, kClients / 4);
  EXPECT_EQ(resets_, kClients);
  EXPECT_EQ(engine_->sessions(), 0U);
  EXPECT_TRUE(engine_->ledger().balanced());
}

TEST_F(ManyClients, ShedEndsSessionsUntilEnoughIsFreed) {
  start({}, {});
  for (std::uint32_t i = 0; i < 10; ++i)
    client({Address::v4(0x0a000000 + i), 40000}, TcpFlags::kSyn, 100);
  const std::uint64_t before = engine_->memory_use();
  EXPECT_EQ(engine_->shed(before / 2 - 10, now_), 5U);
  EXPECT_EQ(engine_->memory_use(), before / 2);
  EXPECT_EQ(lost_sessions(LossReason::kMemoryLimit), 5U);
  EXPECT_EQ(engine_->shed(1U << 30U, now_), 5U);
  EXPECT_EQ(engine_->sessions(), 0U);
  EXPECT_TRUE(engine_->ledger().balanced());
}

}  // namespace
}  // namespace tcpcopy::test
