// SPDX-License-Identifier: BSD-3-Clause
// Announcements leave before the packets whose answers need them, whatever fills first.
#include "tcpcopy/inject/outbox.hh"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tcpcopy/batch.hh"
#include "tcpcopy/session/engine.hh"

namespace tcpcopy::inject {
namespace {

// A host whose batches fill, and its links: they note what has left.
class Links : public RouteSink, public Announcer {
 public:
  bool announce(const FlowKey& flow) override {
    waiting_.push_back(flow);
    return true;
  }
  void flush() override {
    announced.insert(waiting_.begin(), waiting_.end());
    waiting_.clear();
  }
  std::set<FlowKey> announced;

 private:
  std::vector<FlowKey> waiting_;
};

class SmallInjector : public Injector {
 public:
  explicit SmallInjector(const Links& links) : links_(links) {}
  void send(const ReplaySegment& segment, std::span<const Bytes>) override {
    ASSERT_FALSE(full());
    waiting_.push_back({segment.source, segment.destination});
  }
  void send_packet(Bytes, const Address& destination) override {
    ASSERT_FALSE(full());
    waiting_.push_back({{}, {destination, 0}});
  }
  bool full() const override { return waiting_.size() == kBatch; }
  void flush() override {
    for (const FlowKey& flow : waiting_)
      (links_.announced.contains(flow) ? in_time : too_early) += 1;
    waiting_.clear();
  }
  int in_time = 0;
  int too_early = 0;

 private:
  const Links& links_;
  std::vector<FlowKey> waiting_;
};

TEST(Outbox, AnnouncesBeforeItSendsWhateverFills) {
  const Endpoint online{Address::v4(0x0a000014), 80};
  const Endpoint target{Address::v4(0x0a00001e), 8080};
  session::Settings settings;
  settings.copies = 3;
  Links links;
  SmallInjector injector(links);
  Outbox outbox(links, injector);
  session::Engine engine(settings, TargetRules({{std::nullopt, online.port, target}}), {},
                         Instant(), {outbox, links});
  for (std::uint32_t client = 0; client < 60; ++client) {
    ClientSegment syn;
    syn.source = {Address::v4(0xc6120001 + client), 40000};
    syn.destination = online;
    syn.seq = Seq<space::Client>(client);
    syn.flags.bits = TcpFlags::kSyn;
    engine.on_segment(syn, Instant(std::chrono::seconds(1)));
  }
  outbox.flush();
  EXPECT_EQ(injector.in_time, 180);
  EXPECT_EQ(injector.too_early, 0);
}

TEST(Outbox, SendsDatagramsInFragmentsThatFitTheWay) {
  Links links;
  SmallInjector injector(links);
  Outbox outbox(links, injector);
  outbox.set_mtu(68);  // 48 bytes of each fragment
  const std::vector<std::byte> payload(48 * 3 * kBatch - 8);
  Datagram datagram;
  datagram.payload = payload;
  outbox.send_datagram(datagram);
  outbox.flush();
  EXPECT_EQ(injector.too_early, 3 * static_cast<int>(kBatch)) << "nothing announces these";
}

}  // namespace
}  // namespace tcpcopy::inject
