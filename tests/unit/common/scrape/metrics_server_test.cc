// SPDX-License-Identifier: BSD-3-Clause
// Who gets the page, and what the others cost.
#include "common/scrape/metrics_server.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <vector>

#include "common/runtime/errors.hh"
#include "common/runtime/socket.hh"
#include "tests/unit/common/runtime/refused_watches.hh"
#include "tests/unit/links/tcp_pair.hh"

namespace tcpcopy::scrape {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kRequest = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\n";

class MetricsServerTest : public testing::Test {
 protected:
  class Client {
   public:
    explicit Client(const Endpoint& server) : fd_(runtime::begin_connect(server)) {}
    void say(std::string_view text) const {
      pollfd ready{fd_.get(), POLLOUT, 0};
      ::poll(&ready, 1, 1000);
      ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }
    /// Reads what there is. @return whether the server has closed.
    bool read() {
      std::array<char, 65536> bytes{};
      for (;;) {
        const auto count = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count <= 0) return count == 0 || errno != EAGAIN;
        heard_.append(bytes.data(), static_cast<std::size_t>(count));
      }
    }
    const std::string& heard() const { return heard_; }
    int fd() const { return fd_.get(); }
    void close() { fd_.reset(); }

   private:
    runtime::UniqueFd fd_;
    std::string heard_;
  };

  Client client() { return Client(test::own_end(server_.listener())); }
  void run(Duration duration) {
    const auto end = loop_.after(duration, [this] { loop_.stop(); });
    loop_.run();
  }
  /// Asks, and hears the whole answer.
  std::string ask(std::string_view request) {
    Client asking = client();
    asking.say(request);
    const auto look = loop_.every(1ms, [&] {
      if (asking.read()) loop_.stop();
    });
    const auto end = loop_.after(2s, [this] { loop_.stop(); });
    loop_.run();
    return asking.heard();
  }
  std::uint64_t count(std::string_view name, std::string_view of) const {
    Report report;
    server_.report(report);
    return report.of(name, of);
  }

  runtime::EventLoop loop_;
  int pages_ = 0;
  std::string help_ = "made";  // long: so is the page
  MetricsServer server_{
      loop_, {Address::v4(0x7f000001), 0}, "tcpcopy", [this] {
        Report report;
        report.total({"pages", "pages", help_}, static_cast<std::uint64_t>(++pages_));
        return report;
      }};
};

TEST_F(MetricsServerTest, GivesThePage) {
  const std::string answer = ask(kRequest);
  EXPECT_THAT(answer, StartsWith(kOk));
  EXPECT_THAT(answer, HasSubstr("\ntcpcopy_pages_total 1\n"));
  EXPECT_THAT(answer, HasSubstr("\ntcpcopy_build_info{version=\"2.0.0\"} 1\n"));
  run(20ms);
  EXPECT_EQ(server_.connections(), 0U);
  EXPECT_EQ(count("metrics_answers", "200"), 1U);
}

TEST_F(MetricsServerTest, ARequestMayComeInPieces) {
  Client slow = client();
  for (const char byte : kRequest) {
    slow.say({&byte, 1});
    run(1ms);
  }
  run(20ms);
  EXPECT_TRUE(slow.read());
  EXPECT_THAT(slow.heard(), StartsWith(kOk));
}

TEST_F(MetricsServerTest, RefusesAllElse) {
  EXPECT_THAT(ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask("POST /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask("hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask(std::string(20 * metrics::kMaxRequest, 'a')), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(pages_, 0);
  EXPECT_EQ(count("metrics_answers", "400"), 2U);
  EXPECT_EQ(count("metrics_answers", "404"), 1U);
  EXPECT_EQ(count("metrics_answers", "405"), 1U);
}

TEST_F(MetricsServerTest, APageIsMadeOnceInAMoment) {
  const Instant begin = loop_.now();
  for (int i = 0; i < 20; ++i)
    EXPECT_THAT(ask(kRequest), StartsWith(kOk));
  EXPECT_LE(pages_, 1 + (loop_.now() - begin) / MetricsServer::kPeriod);
  const int before = pages_;
  run(MetricsServer::kPeriod);
  EXPECT_THAT(ask(kRequest), HasSubstr("\ntcpcopy_pages_total " + std::to_string(before + 1)));
}

TEST_F(MetricsServerTest, ALongPageIsReadWhole) {
  help_.assign(16U << 20U, 'x');  // more than the kernel takes at once
  const std::string answer = ask(kRequest);
  EXPECT_GT(answer.size(), help_.size());
  EXPECT_THAT(answer, EndsWith("\n"));
}

TEST_F(MetricsServerTest, WhoSaysNothingIsLetGo) {
  Client silent = client();
  run(MetricsServer::kPatience - 500ms);
  EXPECT_EQ(server_.connections(), 1U);
  run(1s);
  EXPECT_EQ(server_.connections(), 0U);
  EXPECT_EQ(count("metrics_given_up", "time-limit"), 1U);
}

TEST_F(MetricsServerTest, WhoDoesNotReadCostsNothingAndIsLetGo) {
  help_.assign(16U << 20U, 'x');
  Client stuck = client();
  stuck.say(kRequest);
  run(200ms);
  const auto wake_ups = loop_.wake_up_times().wake_ups;
  run(1s);
  EXPECT_LT(loop_.wake_up_times().wake_ups - wake_ups, 30U) << "the loop spins";
  EXPECT_EQ(server_.connections(), 1U);
  run(MetricsServer::kPatience);
  EXPECT_EQ(server_.connections(), 0U);
}

TEST_F(MetricsServerTest, TheOldestMakesRoom) {
  std::vector<Client> many;
  for (std::size_t i = 0; i < MetricsServer::kMaxConnections; ++i)
    many.push_back(client());
  run(20ms);
  EXPECT_EQ(server_.connections(), MetricsServer::kMaxConnections);
  EXPECT_THAT(ask(kRequest), StartsWith(kOk));
  EXPECT_EQ(count("metrics_given_up", "made-room"), 1U);
  EXPECT_TRUE(many.front().read());
  EXPECT_FALSE(many.back().read());
}

TEST_F(MetricsServerTest, AFloodIsAcceptedInPeriods) {
  std::vector<Client> many;
  for (unsigned i = 0; i < 2 * MetricsServer::kAcceptsPerPeriod; ++i)
    many.push_back(client());
  run(MetricsServer::kPeriod / 2);
  EXPECT_EQ(count("metrics_given_up", "made-room"),
            MetricsServer::kAcceptsPerPeriod - MetricsServer::kMaxConnections);
  run(2 * MetricsServer::kPeriod);
  EXPECT_EQ(count("metrics_given_up", "made-room"),
            2 * MetricsServer::kAcceptsPerPeriod - MetricsServer::kMaxConnections);
}

TEST_F(MetricsServerTest, WhoTalksOnIsCutOff) {
  Client talker = client();
  talker.say(kRequest);
  run(20ms);
  const std::string more(4096, 'a');
  for (int i = 0; i < 40 && server_.connections() > 0; ++i) {
    talker.say(more);
    run(10ms);
  }
  EXPECT_EQ(server_.connections(), 0U);
}

TEST_F(MetricsServerTest, WhoLeavesIsForgotten) {
  Client one = client();
  Client other = client();
  other.say("GET /met");
  run(20ms);
  EXPECT_EQ(server_.connections(), 2U);
  one.close();
  const linger reset{1, 0};
  ::setsockopt(other.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  other.close();
  run(20ms);
  EXPECT_EQ(server_.connections(), 0U);
  EXPECT_EQ(count("metrics_given_up", "network-error"), 1U);
}

TEST_F(MetricsServerTest, AKernelThatWatchesNothingMoreCostsAConnectionOnly) {
  {
    const test::RefusedWatches refused(ENOSPC);
    Client unlucky = client();
    run(20ms);
    EXPECT_EQ(server_.connections(), 0U);
    EXPECT_EQ(count("metrics_given_up", "network-error"), 1U);
  }
  EXPECT_THAT(ask(kRequest), StartsWith(kOk));
}

TEST_F(MetricsServerTest, AnAddressThatCannotBeListenedOnEndsTheStart) {
  const auto listen = [&](const Endpoint& endpoint) {
    try {
      MetricsServer(loop_, endpoint, "tcpcopy", [] { return Report(); });
    } catch (const runtime::UsageError& error) {
      return std::string("usage: ") + error.what();
    } catch (const runtime::SystemError& error) {
      return std::string("system: ") + error.what();
    }
    return std::string();
  };
  const Endpoint taken = test::own_end(server_.listener());
  EXPECT_EQ(listen(taken), "usage: --metrics: cannot listen on " + taken.to_string() +
                               ": Address already in use; another process has this port");
  EXPECT_EQ(listen({Address::v4(0xcb007101), 1}),
            "system: --metrics: cannot listen on 203.0.113.1:1: Cannot assign requested address; "
            "this host does not have the address");
}

}  // namespace
}  // namespace tcpcopy::scrape
