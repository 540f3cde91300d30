// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/returns/intercept_link.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

#include "common/runtime/socket.hh"
#include "tests/unit/common/runtime/refused_watches.hh"
#include "tests/unit/links/old_peer.hh"

namespace tcpcopy::returns {
namespace {

TEST(InterceptLinkTest, ConnectsAgainWhenTheKernelRefusesToWatchIt) {
  const runtime::UniqueFd listener = runtime::listen_on({Address::v4(0x7f000001), 0});
  runtime::EventLoop loop;
  LinkCounters counters;
  std::minstd_rand random(1);
  int broken = 0;
  InterceptLink link(loop, {test::own_end(listener.get()), "1 of 1", {}}, counters, random,
                     {[](const Response&) {}, [] {}, [&] { ++broken; }, {}});
  {
    const test::RefusedWatches refused(ENOMEM);
    link.start();
  }
  EXPECT_FALSE(link.connected());
  test::run_until(loop, [&] { return link.connected(); });
  EXPECT_EQ(counters.connects, 1U);
  EXPECT_EQ(broken, 0) << "it was never there";
}

TEST(InterceptLinkTest, OneThatIsGoneConnectsNoMore) {
  const runtime::UniqueFd listener = runtime::listen_on({Address::v4(0x7f000001), 0});
  runtime::EventLoop loop;
  LinkCounters counters;
  std::minstd_rand random(1);
  {
    InterceptLink link(loop, {test::own_end(listener.get()), "1 of 1", {}}, counters, random,
                       {[](const Response&) {}, [] {}, [] {}, {}});
    link.start();
  }
  const Instant later = loop.now() + std::chrono::milliseconds(20);
  test::run_until(loop, [&] { return loop.now() >= later; });
  EXPECT_EQ(counters.connects, 0U);
}

TEST(InterceptLinkTest, AResponseMayLeadToTheEndOfItsLink) {
  const runtime::UniqueFd listener = runtime::listen_on({Address::v4(0x7f000001), 0});
  runtime::EventLoop loop;
  LinkCounters counters;
  std::minstd_rand random(1);
  int responses = 0;
  int broken = 0;
  InterceptLink* writer = nullptr;
  InterceptLink link(loop, {test::own_end(listener.get()), "1 of 1", {}}, counters, random,
                     {[&](const Response&) {
                        ++responses;
                        for (int i = 0; i < 2; ++i) {  // the first finds out, or the second
                          if (writer->connected()) writer->announce({});
                          writer->flush();
                        }
                      },
                      [] {},
                      [&] { ++broken; },
                      {}});
  writer = &link;
  link.start();
  runtime::UniqueFd peer;
  Endpoint endpoint;
  test::run_until(loop, [&] {
    if (!peer) peer = runtime::accept_from(listener.get(), endpoint);
    return peer && link.connected();
  });
  test::ByteVector frame = test::bytes({0, 3});
  for (int i = 0; i < 3; ++i) {
    test::ByteVector record = test::packet_bytes({});
    record.resize(64);
    test::append(frame, record);
  }
  ASSERT_EQ(::send(peer.get(), frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
  peer.reset();  // with what tcpcopy said unread: a reset
  test::run_until(loop, [&] { return broken == 1; });
  EXPECT_EQ(responses, 3);
}

}  // namespace
}  // namespace tcpcopy::returns
