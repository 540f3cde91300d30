// SPDX-License-Identifier: BSD-3-Clause
// Our ends of links against 1.x peers that say exactly what was recorded: a 1.x tcpcopy towards our
// intercept, and a 1.x intercept towards our tcpcopy, over real sockets.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/net/bytes.hh"
#include "common/runtime/socket.hh"
#include "intercept/link/link_server.hh"
#include "intercept/route/single_tcpcopy.hh"
#include "tcpcopy/returns/intercept_links.hh"
#include "tests/unit/links/old_peer.hh"

namespace tcpcopy::link {
namespace {

using test::ByteVector;
using test::RecordsByClient;

const Endpoint kTarget{Address::v4(0x0a4d001e), 8080};
const Endpoint kAnyPort{Address::v4(0x7f000001), 0};

struct Case {
  std::string folder;
  wire::FrameMode recorded;
  wire::FrameMode spoken;  // the mode in which the links are to be replayed
  bool single;
};

class GoldenLink : public testing::TestWithParam<Case> {
 protected:
  /// The recorded records of all links, each connection's in order.
  RecordsByClient recorded() const {
    RecordsByClient result;
    for (const auto& [endpoint, link] : capture_.links) {
      for (auto& [client, records] :
           test::by_client(test::split_frames(link.from_intercept, GetParam().recorded)))
        result[client] = std::move(records);
    }
    return result;
  }

  const wire::FrameMode mode_ = GetParam().spoken;
  const test::ControlChannelCapture capture_ = test::read_capture(
      std::string(TCPCOPY_GOLDEN_DIR) + "/" + GetParam().folder + "/assistant.pcap", kTarget);
  runtime::EventLoop loop_;
};

// --- a 1.x tcpcopy towards our intercept

class OldTcpcopy : public GoldenLink {
 protected:
  struct Peer {
    runtime::UniqueFd fd;
    const test::RecordedLink* recorded;
    ByteVector received;
  };

  void connect() {
    for (const auto& [endpoint, link] : capture_.links) {
      peers_.push_back({test::connect_to(server_.listener()), &link, {}});
      test::run_until(loop_, [&] { return server_.links() == peers_.size(); });
    }
    for (const Peer& peer : peers_)
      test::trickle(loop_, peer.fd.get(), peer.recorded->from_tcpcopy);
    test::run_until(loop_,
                    [&] { return greeted_ == peers_.size() && routes_ == expected_routes(); });
  }

  void respond() {
    for (const ByteVector& packet : capture_.responses) {
      const auto parsed = net::parse_tcp_packet(packet, net::Extent::kHeaders).value;
      if (GetParam().single) {
        single_.on_response(parsed, server_);
      } else {
        router_.on_response(parsed, loop_.now(), server_);
      }
    }
    server_.flush();
  }

  std::size_t expected_routes() const {
    std::size_t bytes = 0;
    for (const Peer& peer : peers_)
      bytes += peer.recorded->from_tcpcopy.size();
    return bytes / 14 - peers_.size();  // each link's first message is its version
  }

  std::size_t received() {
    std::size_t size = 0;
    for (Peer& peer : peers_) {
      EXPECT_FALSE(test::read_more(peer.fd.get(), peer.received)) << "the link was closed";
      size += peer.received.size();
    }
    return size / mode_.record_size();  // counts are small beside it
  }

  std::size_t greeted_ = 0;
  std::size_t routes_ = 0;
  route::Router router_{mode_.with_payload ? wire::kMaxRecordPayload : 0};
  route::SingleTcpcopy single_{false};
  LinkServer server_{loop_,
                     {.listen = kAnyPort, .end = {.mode = mode_}},
                     {[this](route::LinkId id, const wire::AddRoute& route) {
                        ++routes_;
                        router_.on_route({id}, route.flow, loop_.now(), server_);
                      },
                      [this](route::LinkId id) {
                        std::vector<route::LinkId> replaced;
                        ++greeted_;
                        EXPECT_EQ(single_.on_link(id, loop_.now(), replaced),
                                  route::SingleTcpcopy::Admission::kJoined);
                        EXPECT_TRUE(replaced.empty());
                      },
                      [](route::LinkId) {}}};
  std::vector<Peer> peers_;
};

TEST_P(OldTcpcopy, GetsTheRecordsThatA1xInterceptSent) {
  connect();
  respond();
  test::run_until(loop_, [&] { return received() >= capture_.responses.size(); });

  const RecordsByClient expected = recorded();
  std::set<Endpoint> seen;
  for (const Peer& peer : peers_) {
    const auto got = test::by_client(test::split_frames(peer.received, mode_));
    const auto of_link =
        test::by_client(test::split_frames(peer.recorded->from_intercept, GetParam().recorded));
    for (const auto& [client, records] : got) {
      EXPECT_TRUE(seen.insert(client).second) << "a connection on two links";
      if (!GetParam().single) {
        EXPECT_TRUE(of_link.contains(client)) << "on another link";
      }
      const auto& of_client = expected.at(client);
      ASSERT_GE(records.size(), of_client.size());  // the recording may have ended earlier
      for (std::size_t i = 0; i < of_client.size(); ++i)
        ASSERT_EQ(test::as_old_intercept(records[i]), of_client[i]) << client.to_string();
    }
  }
  EXPECT_EQ(seen.size(), expected.size());
}

// --- a 1.x intercept towards our tcpcopy

class OldIntercept : public GoldenLink {
 protected:
  void accept(std::size_t count) {
    Endpoint peer;
    test::run_until(loop_, [&] {
      while (runtime::UniqueFd fd = runtime::accept_from(listener_.get(), peer))
        accepted_.push_back(std::move(fd));
      return accepted_.size() == count && links_->connected() == count;
    });
    received_.resize(count);
  }

  /// The recorded streams: that with the most routes first, as our round robin begins.
  std::vector<test::RecordedLink> recorded_links() const {
    std::vector<test::RecordedLink> result;
    for (const auto& [endpoint, link] : capture_.links)
      result.push_back(link);
    std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) {
      return a.from_tcpcopy.size() > b.from_tcpcopy.size();
    });
    return result;
  }

  static FlowKey flow_of(const ByteVector& message) {
    return {{Address::v4(net::load_be32(&message[0])), net::load_be16(&message[4])},
            {Address::v4(net::load_be32(&message[8])), net::load_be16(&message[12])}};
  }

  /// Registers the recorded routes in the order in which they take turns on the links.
  void register_routes(const std::vector<test::RecordedLink>& links) {
    for (std::size_t at = 14; at < links.front().from_tcpcopy.size(); at += 14) {
      for (const auto& link : links) {
        if (at >= link.from_tcpcopy.size()) continue;
        const auto from = link.from_tcpcopy.begin() + static_cast<std::ptrdiff_t>(at);
        EXPECT_TRUE(links_->announce(flow_of({from, from + 14})));
      }
    }
    links_->flush();
  }

  std::size_t read_all() {
    std::size_t size = 0;
    for (std::size_t i = 0; i < accepted_.size(); ++i) {
      EXPECT_FALSE(test::read_more(accepted_[i].get(), received_[i])) << "the link was closed";
      size += received_[i].size();
    }
    return size;
  }

  runtime::UniqueFd listener_ = runtime::listen_on(kAnyPort);
  std::vector<Response> responses_;
  std::optional<returns::InterceptLinks> links_;
  std::vector<runtime::UniqueFd> accepted_;
  std::vector<ByteVector> received_;
};

TEST_P(OldIntercept, ReadsWhatA1xTcpcopySaidAndIsUnderstood) {
  links_.emplace(loop_,
                 returns::Settings{{test::own_end(listener_.get())},
                                   static_cast<int>(capture_.links.size()),
                                   mode_,
                                   GetParam().single},
                 returns::InterceptLinks::Events{
                     [this](const Response& response) { responses_.push_back(response); }, [] {}});
  links_->start();
  accept(capture_.links.size());

  const auto recorded_links = this->recorded_links();
  std::size_t expected_size = 0;
  std::multiset<ByteVector> expected;
  for (const auto& link : recorded_links) {
    ByteVector said = link.from_tcpcopy;
    // Behind its version ours offers version 7, in a message that 1.x takes no notice of.
    const ByteVector offer = test::bytes({'T', 'C', 'P', '7', 0, 7, 0, 2, 0, 0, 0, 0, 0, 0});
    said.insert(said.begin() + 14, offer.begin(), offer.end());
    expected_size += said.size();
    expected.insert(said);
  }
  register_routes(recorded_links);
  test::run_until(loop_, [&] { return read_all() >= expected_size; });
  EXPECT_EQ(std::multiset<ByteVector>(received_.begin(), received_.end()), expected);

  for (std::size_t i = 0; i < accepted_.size(); ++i) {
    ByteVector stream = recorded_links[i].from_intercept;
    if (!mode_.combined) {  // what the 1.x daemon would have sent without counts
      stream.clear();
      for (const auto& record :
           test::split_frames(recorded_links[i].from_intercept, GetParam().recorded))
        test::append(stream, record.bytes);
    }
    test::trickle(loop_, accepted_[i].get(), stream);
  }
  std::size_t count = 0;
  for (const auto& [client, records] : recorded())
    count += records.size();
  test::run_until(loop_, [&] { return responses_.size() >= count; });
  ASSERT_EQ(responses_.size(), count);
  EXPECT_EQ(links_->counters().malformed, 0U);

  std::map<Endpoint, std::vector<std::uint32_t>> seqs;
  for (const Response& response : responses_)
    seqs[response.destination].push_back(response.seq.raw);
  for (const auto& [client, records] : recorded()) {
    std::vector<std::uint32_t> of_client;
    for (const ByteVector& record : records)
      of_client.push_back(net::load_be32(&record[24]));
    EXPECT_EQ(seqs[client], of_client) << client.to_string();
  }
}

constexpr wire::FrameMode kCombined{true, false};
constexpr wire::FrameMode kOneByOne{false, false};
constexpr wire::FrameMode kPayload{true, true};
constexpr wire::FrameMode kPayloadOneByOne{false, true};
const auto kCases = testing::Values(Case{"v6-combined", kCombined, kCombined, false},
                                    Case{"v6-combined", kCombined, kOneByOne, false},
                                    Case{"v6-resp-payload", kPayload, kPayload, false},
                                    Case{"v6-resp-payload", kPayload, kPayloadOneByOne, false},
                                    Case{"v6-single", kCombined, kCombined, true},
                                    Case{"v6-single", kCombined, kOneByOne, true});

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.folder + (info.param.spoken.combined ? "" : "_one_by_one");
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Recordings, OldTcpcopy, kCases, name_of);
INSTANTIATE_TEST_SUITE_P(Recordings, OldIntercept, kCases, name_of);

}  // namespace
}  // namespace tcpcopy::link
