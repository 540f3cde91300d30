// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/log_lines.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tcpcopy/capture/intake.hh"
#include "tcpcopy/inject/injector.hh"
#include "tcpcopy/returns/link_returns.hh"
#include "tcpcopy/session/datagram_replay.hh"
#include "tcpcopy/session/ledger_report.hh"
#include "tests/unit/tcpcopy/logged.hh"

namespace tcpcopy::replayer {
namespace {

using test::logged;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Counted : capture::ClientCapture {
  std::vector<int> descriptors() const override { return {}; }
  Outcome read(Instant /*now*/, Take /*take*/) override { return Outcome::kNoMore; }
};

struct Refused : inject::Injector {
  void send(const ReplaySegment& /*segment*/, std::span<const Bytes> /*payload*/) override {}
  void send_packet(Bytes /*packet*/, const Address& /*destination*/) override {}
  bool full() const override { return false; }
  void flush() override {}
  inject::InjectCounters& counters() { return counters_; }
};

class LogLines : public testing::Test {
 protected:
  Report report(int links = 0) {
    Report all;
    session::report(ledger_, all);
    return with_the_rest(all, links);
  }
  Report with_the_rest(Report& all, int links = 0) {
    intake_.report(all);
    injector_.report(all);
    returns::Settings settings;
    settings.intercepts = {{Address::v4(0x7f000001), 1}};
    settings.links_per_intercept = links;
    if (links > 0) returns::LinkReturns(loop_, settings).report(all);
    return all;
  }
  std::string lines() {
    return logged([&] { log_statistics(report(), told_); });
  }

  session::Ledger ledger_;
  Lag told_;
  Counted* capture_ = new Counted;  // intake_ owns it
  capture::SegmentIntake intake_{std::unique_ptr<capture::ClientCapture>(capture_), {}};
  Refused injector_;
  runtime::EventLoop loop_;
};

// Values that differ, so that no word can stand for another.
void fill(session::Ledger& ledger, net::CaptureCounters& capture, inject::InjectCounters& inject) {
  std::uint64_t next = 100;
  for (session::Account* account :
       {&ledger.captured, &ledger.delivered, &ledger.duplicate, &ledger.held})
    *account = {++next + 1000, ++next + 100000};
  for (std::uint64_t* count : {&ledger.control_packets,     &ledger.sessions_opened,
                               &ledger.sessions_completed,  &ledger.sessions_live,
                               &ledger.responses,           &ledger.response_bytes,
                               &ledger.responses_unknown,   &ledger.segments_sent,
                               &ledger.bytes_sent,          &ledger.retransmissions,
                               &ledger.syns_sent,           &ledger.connections,
                               &ledger.reconnects,          &ledger.joined,
                               &ledger.turn_quiets,         &ledger.turn_expiries,
                               &ledger.ports_changed,       &capture.packets,
                               &capture.kernel_drops,       &capture.own_packets,
                               &capture.cut_packets,        &capture.cut_bytes,
                               &capture.bad_checksums,      &capture.fragments.taken,
                               &capture.fragments.whole,    &capture.fragments.repeated,
                               &capture.fragments.given_up, &capture.fragments.overlapping,
                               &capture.fragments.malformed})
    *count = ++next;
  for (std::size_t i = 0; i < session::kLossReasons; ++i) {
    if (i % 3 == 0) ledger.lost[i] = {++next, next + 5000};
    if (i % 3 == 1) ledger.sessions_lost[i] = ++next;
  }
  for (std::size_t i = 0; i < session::kRefusals; i += 2)
    ledger.refused[i] = ++next;
  for (std::size_t i = 1; i < net::kParseErrors; i += 2)
    capture.malformed[i] = ++next;
  capture.refused_checksums = 1;
  inject.errors[1] = ++next;
  ledger.lag.note(3ms);
}

// The words are older than the figures behind them: scripts read these lines.
TEST_F(LogLines, StandAsTheyStood) {
  fill(ledger_, capture_->counters(), injector_.counters());
  EXPECT_EQ(
      logged([&] { log_summary(report(2)); }),
      R"(active:112 conns:120 resp:113 c-resp:114 all clt:1101 clt cont:992 send:116 send content:117 syn cnt:119 retransmit:118 reconnect:121 for no syn:122 total captured packets:126 links:0/2
ledger: sessions opened:110 completed:111 live:112 lost:864; bytes captured:100102 delivered:100104 duplicate:100106 held:100108 lost:30858; balanced:NO; lost by reason (packets/bytes/sessions): no-handshake:138/5138B/0s target-refused:0/0B/139s target-closed:140/5140B/0s target-silent:0/0B/141s no-boundary:142/5142B/0s given-up:0/0B/143s idle:144/5144B/0s lag-limit:0/0B/145s memory-limit:146/5146B/0s no-free-port:0/0B/147s absurd-sequence:148/5148B/0s shutdown:0/0B/149s
lag ms: median:3.1 greatest:3.1; turns ended by quiet:123; turns not answered in time:124; refused: reset-outside:150 syn:151 old-timestamp:152 beyond-window:153 ack-too-old:154 client-syn:155 client-jump:156
links: connected:0 configured:2 connects:0 breaks:0; responses received:0 malformed:0; routes registered:0 dropped:0 unsent bytes:0
the kernel dropped 127 packets at capture (see -B); it refused 163 packets: no-room:163
129 packets were captured without all of their payload, 130 bytes are missing and did not come again
fragments:132 put together:133 repeated:134; given up: incomplete:135 overlapping:136 malformed:137
1204 of 126 captured packets could not be read: truncated:157 bad-header-length:158 fragment:159 bad-data-offset:160 not-ip:161 nested-too-deep:162
1 packets were damaged on their way: their TCP checksum is wrong; left out
130 packets have a wrong TCP checksum that no device was to compute; they are replayed all the same
packets captured:1101 control:109 delivered:1103 duplicate:1105 held:1107 lost:858
malformed packets: truncated:157 bad-header-length:158 fragment:159 bad-data-offset:160 not-ip:161 nested-too-deep:162; own packets:128; responses without a session:115; ports changed:125
)");
  EXPECT_NEAR(delivered_percent(report()), 100.90909091, 1e-6);
}

TEST_F(LogLines, OfSessionsAndLinks) {
  const std::string text = logged([&] { log_summary(report(2)); });
  for (const char* word : {"active:", "ledger:", "links: connected:0 configured:2",
                           "packets captured:", "turns not answered in time:"}) {
    EXPECT_THAT(text, HasSubstr(word));
  }
  EXPECT_THAT(text, Not(HasSubstr("datagrams")));
}

TEST_F(LogLines, WithoutLinksNothingIsSaidOfThem) {
  EXPECT_THAT(lines(), AllOf(HasSubstr("active:"), Not(HasSubstr("links: "))));
}

TEST_F(LogLines, EachTellsOfTheLagSinceTheLast) {
  for (const Duration lag : {4us, 5us, 7us, 7us})
    ledger_.lag.note(lag * 1000);
  EXPECT_THAT(lines(),
              HasSubstr("lag ms: median:5.1 greatest:7.2;"));  // an eighth too much at most
  EXPECT_THAT(lines(), HasSubstr("lag ms: median:0.0 greatest:0.0;"));
  ledger_.lag.note(2s);
  EXPECT_THAT(lines(), HasSubstr("lag ms: median:2097.2 greatest:2097.2;"));
  EXPECT_THAT(logged([&] { log_summary(report()); }),
              HasSubstr("lag ms: median:7.2 greatest:2097.2;"));
}

TEST_F(LogLines, RefusedSegmentsAreToldByReason) {
  EXPECT_THAT(lines(), HasSubstr("; refused: none\n"));
  ledger_.refuse(session::Refusal::kClientReset);
  ledger_.refuse(session::Refusal::kOldSequence);
  ledger_.refuse(session::Refusal::kOldSequence);
  EXPECT_THAT(lines(), HasSubstr("; refused: old-sequence:2 client-reset:1\n"));
}

TEST_F(LogLines, OfDatagramsAlone) {
  struct Nowhere : DatagramSink {
    void send_datagram(const Datagram& /*datagram*/) override {}
  } nowhere;
  session::DatagramReplay replay({}, {}, Instant(), nowhere);
  for (int i = 0; i < 7; ++i)
    replay.on_datagram({{}, {}, {}}, {}, Instant());
  Report all;
  replay.report(all);
  const std::string text = logged([&] { log_summary(with_the_rest(all)); });
  EXPECT_THAT(text, AllOf(HasSubstr("datagrams captured:7 left out:0 sent:7; bytes captured:0 "),
                          HasSubstr("malformed packets:")));
  for (const char* word :
       {"active:", "conns:", "ledger", "links", "turns", "sessions", "lag", "refused"})
    EXPECT_THAT(text, Not(HasSubstr(word)));
  EXPECT_EQ(delivered_percent(all), 100);
}

TEST_F(LogLines, TheFirstDeliveryIsToldOnce) {
  const Instant start{100s};
  FirstDelivery first(start);
  Standing standing;
  standing.connections = 3;
  EXPECT_EQ(logged([&] { first.look(standing, start + 1s); }), "");
  standing.delivered = 78;
  EXPECT_EQ(logged([&] { first.look(standing, start + 2500ms); }),
            "first bytes delivered: the target has acknowledged 78 bytes that a client sent; "
            "connections established: 3; 2.5 s after the start\n");
  standing.delivered = 79;
  EXPECT_EQ(logged([&] { first.look(standing, start + 3s); }), "");
}

TEST_F(LogLines, RatesAreOfSessionsOrOfDatagrams) {
  ledger_.turns_sent = 20;
  ledger_.captured.bytes = 1000;
  EXPECT_EQ(rates_from(Instant()).text(report(), Instant(10s)),
            "per second, in the last 10.0 s: sessions opened 0.0, connections 0.0, turns 2.0, "
            "bytes captured 100.0, bytes delivered 0.0, packets sent 0.0, responses 0.0");
  Report datagrams;
  datagrams.total({"datagrams_captured", "datagrams", ""}, 30);
  EXPECT_EQ(rates_from(Instant()).text(datagrams, Instant(10s)),
            "per second, in the last 10.0 s: datagrams captured 3.0");
}

}  // namespace
}  // namespace tcpcopy::replayer
