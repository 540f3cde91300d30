// SPDX-License-Identifier: BSD-3-Clause
// Who gets a link, and who loses it.
#include "intercept/link/link_server.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <set>
#include <vector>

#include "common/channel/tcpcopy_end.hh"
#include "common/wire/route_message.hh"
#include "tests/unit/common/runtime/refused_watches.hh"
#include "tests/unit/links/old_peer.hh"

namespace tcpcopy::link {
namespace {

using channel::EndReason;
using test::ByteVector;

class LinkServerTest : public testing::Test {
 protected:
  void listen(std::vector<net::Network> allow = {}, std::vector<keys::Key> keys = {},
              bool allow_plain = false) {
    LinkServer::Settings settings;
    settings.listen = {Address::v4(0x7f000001), 0};
    settings.allow = std::move(allow);
    settings.keys = std::move(keys);
    settings.allow_plain = allow_plain;
    server_ = std::make_unique<LinkServer>(
        loop_, settings,
        LinkServer::Events{
            [this](route::LinkId id, const wire::AddRoute&) { messages_.push_back(id); },
            [this](route::LinkId id) { greeted_.insert(id); },
            [this](route::LinkId id) { closed_.insert(id); },
            [this](route::LinkId id, const channel::InterceptEnd::Wishes& wishes) {
              if (wishes.single) singles_.insert(id);
            },
            [](const wire::Ask& ask) { return wire::Tell{ask.flow, 5, {}, {}, {}, {}, {}}; },
            [] {
              return wire::Seen{77, 3};
            }});
  }

  /// Plays a tcpcopy of version 7 until `done`.
  template <typename Done>
  void play(std::size_t peer, channel::TcpcopyEnd& end, Done done) {
    test::run_until(loop_, [&] {
      server_->flush();
      while (!end.unsent().empty()) {
        const ByteVector bytes = test::copy(end.unsent());
        end.on_sent(bytes.size(), loop_.now());
        EXPECT_EQ(::send(peers_[peer].get(), bytes.data(), bytes.size(), 0),
                  static_cast<ssize_t>(bytes.size()));
      }
      ByteVector heard;
      EXPECT_FALSE(test::read_more(peers_[peer].get(), heard));
      end.on_bytes(heard, loop_.now(), [](const net::Parsed<Response>&) {});
      return done();
    });
  }

  /// Connects and waits until intercept has taken or refused it.
  std::size_t connect() {
    const std::size_t before = seen();
    peers_.push_back(test::connect_to(server_->listener()));
    test::run_until(loop_, [&] { return seen() > before; });
    return peers_.size() - 1;
  }
  std::size_t seen() const { return server_->counters().accepted + refused(); }
  std::uint64_t refused() const {
    return ended(EndReason::kNotAllowed) + ended(EndReason::kTooManyFromAddress);
  }
  void say(std::size_t peer, Bytes bytes) {
    test::trickle(loop_, peers_[peer].get(), test::copy(bytes));
  }
  void greet(std::size_t peer) {
    const std::size_t before = greeted_.size();
    say(peer, wire::encode(wire::RouteMessage::version(wire::kVersion)));
    test::run_until(loop_, [&] { return greeted_.size() > before; });
  }
  bool closed(std::size_t peer) {
    ByteVector nothing;
    return test::read_more(peers_[peer].get(), nothing);
  }
  std::uint64_t ended(EndReason reason) const {
    return server_->counters().ended[static_cast<std::size_t>(reason)];
  }

  runtime::EventLoop loop_;
  std::unique_ptr<LinkServer> server_;
  std::vector<runtime::UniqueFd> peers_;
  std::vector<route::LinkId> messages_;
  std::set<route::LinkId> greeted_;
  std::set<route::LinkId> closed_;
  std::set<route::LinkId> singles_;
};

// A tcpcopy of version 7, played by its pure end.
TEST_F(LinkServerTest, OneOfVersion7IsAnsweredHeardAndTold) {
  listen();
  const std::size_t peer = connect();
  channel::TcpcopyEnd end({{}, true, 0}, loop_.now());
  play(peer, end, [&] { return end.liveness().peers_seen().packets > 0; });
  EXPECT_EQ(end.version(), 7);
  EXPECT_EQ(end.liveness().peers_seen(), (wire::Seen{77, 3}));
  EXPECT_EQ(singles_, std::set<route::LinkId>{1});
  EXPECT_EQ(greeted_, std::set<route::LinkId>{1});

  // From now on it says nothing.
  test::run_until(loop_, [&] { return ended(EndReason::kDead) == 1; });
  EXPECT_EQ(closed_, std::set<route::LinkId>{1});
}

TEST_F(LinkServerTest, QuestionsAreAnsweredUpToABoundInASecond) {
  listen();
  const std::size_t peer = connect();
  channel::TcpcopyEnd end({}, loop_.now());
  play(peer, end, [&] { return end.version() == 7; });
  constexpr unsigned kMany = 3 * LinkServer::kMaxQuestions;
  for (unsigned i = 0; i < kMany; ++i)
    ASSERT_TRUE(end.ask({}));
  std::size_t told = 0;
  const auto& counters = server_->counters();
  play(peer, end, [&] {
    for (const wire::Tell& tell : end.take_told()) {
      EXPECT_EQ(tell.captured, 5U);
      ++told;
    }
    return counters.questions + counters.questions_refused == kMany && told > 0;
  });
  EXPECT_GE(counters.questions, LinkServer::kMaxQuestions);
  EXPECT_LE(counters.questions, 2 * LinkServer::kMaxQuestions) << "a second may have ended";
}

TEST_F(LinkServerTest, ALinkWithoutAKeyGetsNoAnswersWhereOthersHaveOne) {
  listen({}, {{"a", {1, 2, 3}}}, true);
  const std::size_t peer = connect();
  channel::TcpcopyEnd end({}, loop_.now());
  play(peer, end, [&] { return end.version() == 7; });
  ASSERT_TRUE(end.ask({}));
  play(peer, end, [&] { return server_->counters().questions_refused == 1; });
  EXPECT_EQ(server_->counters().questions, 0U);
}

TEST_F(LinkServerTest, SaysWhoGreetedAndWhoIsGone) {
  listen();
  const std::size_t peer = connect();
  EXPECT_TRUE(greeted_.empty());
  greet(peer);
  EXPECT_EQ(greeted_, std::set<route::LinkId>{1});
  peers_[peer].reset();
  test::run_until(loop_, [&] { return !closed_.empty(); });
  EXPECT_EQ(closed_, std::set<route::LinkId>{1});
  EXPECT_EQ(ended(EndReason::kClosedByTcpcopy), 1U);
  EXPECT_EQ(server_->links(), 0U);
}

// Handshakes and removals of keys, of a tcpcopy that is played by its session.
class LinkServerWithKeys : public LinkServerTest {
 protected:
  static keys::Key key(const std::string& name) { return {name, {1, 2, 3}}; }

  void say() {
    const ByteVector bytes = test::copy(session_.unsent());
    session_.on_sent(bytes.size());
    test::trickle(loop_, peers_[0].get(), bytes);
  }
  void hear() {
    test::run_until(loop_, [&] {
      ByteVector heard;
      server_->flush();
      EXPECT_FALSE(test::read_more(peers_[0].get(), heard));
      session_.on_bytes(heard, [](Bytes) {});
      return !session_.unsent().empty();
    });
  }

  keys::TlsSession session_ = keys::TlsSession::client(key("a"));
};

TEST_F(LinkServerWithKeys, AKeyThatIsRemovedClosesItsLinks) {
  listen({}, {key("a"), key("b")});
  connect();
  say();
  hear();
  ASSERT_TRUE(session_.established());
  session_.write(wire::encode(wire::RouteMessage::version(wire::kVersion)));
  say();
  test::run_until(loop_, [&] { return greeted_.size() == 1; });
  server_->set_keys({key("a")});
  EXPECT_EQ(server_->links(), 1U);
  server_->set_keys({key("b")});
  EXPECT_EQ(ended(EndReason::kKeyRemoved), 1U);
  EXPECT_EQ(server_->links(), 0U);
}

TEST_F(LinkServerWithKeys, SoDoesOneThatIsRemovedDuringTheHandshake) {
  listen({}, {key("a"), key("b")});
  connect();
  say();
  hear();
  server_->set_keys({key("b")});
  EXPECT_EQ(server_->links(), 1U) << "nobody has shown the key";
  say();
  test::run_until(loop_, [&] { return ended(EndReason::kKeyRemoved) == 1; });
  EXPECT_TRUE(greeted_.empty());
}

TEST_F(LinkServerTest, WhoIsAllowedMayConnect) {
  listen({net::Network::parse("192.0.2.1").value(), net::Network::parse("127.0.0.0/8").value()});
  greet(connect());
  EXPECT_EQ(server_->links(), 1U);
}

TEST_F(LinkServerTest, WhoIsNotAllowedIsClosedAtOnce) {
  listen({net::Network::parse("192.0.2.0/24").value()});
  const std::size_t peer = connect();
  EXPECT_EQ(ended(EndReason::kNotAllowed), 1U);
  EXPECT_EQ(server_->links(), 0U);
  EXPECT_EQ(server_->counters().accepted, 0U);
  EXPECT_TRUE(closed(peer));
}

TEST_F(LinkServerTest, WhoIsNotAllowedAnyMoreLosesItsLink) {
  listen();
  greet(connect());
  server_->set_allowed({net::Network::parse("127.0.0.0/8").value()});
  EXPECT_EQ(server_->links(), 1U);
  server_->set_allowed({net::Network::parse("192.0.2.0/24").value()});
  EXPECT_EQ(server_->links(), 0U);
  EXPECT_EQ(closed_.size(), 1U);
  EXPECT_EQ(ended(EndReason::kNotAllowed), 1U);
  server_->set_allowed({});
  greet(connect());
  EXPECT_EQ(server_->links(), 1U);
}

TEST_F(LinkServerTest, StrangersMakeRoomTheOldestFirst) {
  listen();
  greet(connect());
  for (std::size_t i = 1; i < LinkServer::kMaxLinksPerAddress; ++i)
    connect();
  EXPECT_EQ(ended(EndReason::kMadeRoom), 0U);
  greet(connect());
  EXPECT_EQ(ended(EndReason::kMadeRoom), 1U);
  EXPECT_EQ(closed_, std::set<route::LinkId>{2});
  EXPECT_FALSE(closed(0));
  EXPECT_TRUE(closed(1));
  EXPECT_EQ(server_->links(), LinkServer::kMaxLinksPerAddress);
}

TEST_F(LinkServerTest, ThoseWhoGreetedDoNotMakeRoom) {
  listen();
  for (std::size_t i = 0; i < LinkServer::kMaxLinksPerAddress; ++i)
    greet(connect());
  const std::size_t late = connect();
  EXPECT_EQ(ended(EndReason::kTooManyFromAddress), 1U);
  EXPECT_TRUE(closed(late));
  EXPECT_EQ(server_->links(), LinkServer::kMaxLinksPerAddress);
}

TEST_F(LinkServerTest, AStrangerThatTheKernelCannotWatchIsTurnedAwayAlone) {
  listen();
  greet(connect());
  {
    const test::RefusedWatches refused(ENOSPC);
    peers_.push_back(test::connect_to(server_->listener()));
    test::run_until(loop_, [&] { return ended(EndReason::kNetworkError) == 1; });
  }
  EXPECT_TRUE(closed(1));
  EXPECT_TRUE(closed_.empty()) << "it was no link yet";
  EXPECT_EQ(server_->counters().accepted, 1U);
  greet(connect());
  EXPECT_FALSE(closed(0));
  EXPECT_EQ(server_->links(), 2U);
}

TEST_F(LinkServerTest, GarbageClosesItsLinkAlone) {
  listen();
  const std::size_t good = connect();
  const std::size_t bad = connect();
  greet(good);
  say(bad, test::bytes("GET / HTTP/1.1\r\n\r\n"));
  test::run_until(loop_, [&] { return !closed_.empty(); });
  EXPECT_EQ(ended(EndReason::kGarbage), 1U);
  EXPECT_TRUE(closed(bad));
  EXPECT_FALSE(closed(good));
}

TEST_F(LinkServerTest, ResponsesForALinkThatIsGoneGoNowhere) {
  listen();
  greet(connect());
  server_->close(1, {EndReason::kReplaced, "for the test"});
  const ByteVector packet = test::packet_bytes({});
  server_->deliver(1, wire::headers_of(net::parse_tcp_packet(packet, net::Extent::kWhole).value));
  server_->flush();
  server_->close(1, {EndReason::kReplaced, "again"});
  EXPECT_EQ(ended(EndReason::kReplaced), 1U);
}

}  // namespace
}  // namespace tcpcopy::link
