// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/route_table.hh"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace tcpcopy::route {
namespace {

using namespace std::chrono_literals;

net::Ipv4Flow key(std::uint32_t number) {
  return {{Address::v4(0x3e870000 + (number >> 10U)), static_cast<std::uint16_t>(number & 1023U)},
          {Address::v4(0x0a00001e), 8080}};
}

TEST(RouteTable, AnEmptyOneFindsNothing) {
  RouteTable table;
  EXPECT_EQ(table.find(key(1)), nullptr);
  table.visit(100, [](Route&) { ADD_FAILURE(); });
}

TEST(RouteTable, EveryPartOfTheKeyCounts) {
  RouteTable table;
  const net::Ipv4Flow one({Address::v4(1), 2}, {Address::v4(3), 4});
  table.insert(one, 1);
  ASSERT_NE(table.find(one), nullptr);
  EXPECT_EQ(table.find({{Address::v4(9), 2}, {Address::v4(3), 4}}), nullptr);
  EXPECT_EQ(table.find({{Address::v4(1), 9}, {Address::v4(3), 4}}), nullptr);
  EXPECT_EQ(table.find({{Address::v4(1), 2}, {Address::v4(9), 4}}), nullptr);
  EXPECT_EQ(table.find({{Address::v4(1), 2}, {Address::v4(3), 9}}), nullptr);
}

TEST(RouteTable, GrowsThroughManySizesAndLosesNothing) {
  RouteTable table;
  for (std::uint32_t number = 0; number < 20'000; ++number) {
    ASSERT_EQ(table.find(key(number)), nullptr);
    table.insert(key(number), 1 + number);
    ASSERT_EQ(table.size(), number + 1);
  }
  for (std::uint32_t number = 0; number < 20'000; ++number) {
    const Route* route = table.find(key(number));
    ASSERT_NE(route, nullptr) << number;
    EXPECT_EQ(route->link, 1 + number);
  }
}

// Against a map, which cannot be wrong.
TEST(RouteTable, DoesWhatAMapDoes) {
  RouteTable table;
  std::map<std::uint32_t, LinkId> expected;
  std::minstd_rand dice(7);
  for (int step = 0; step < 100'000; ++step) {
    const auto number = static_cast<std::uint32_t>(dice() % 3000);
    Route* route = table.find(key(number));
    ASSERT_EQ(route != nullptr, expected.contains(number));
    if (route != nullptr) {
      ASSERT_EQ(route->link, expected[number]);
      table.erase(*route);
      expected.erase(number);
    } else {
      expected[number] = 1 + static_cast<LinkId>(step);
      table.insert(key(number), expected[number]);
    }
    ASSERT_EQ(table.size(), expected.size());
  }
}

TEST(RouteTable, SlotsOfErasedRoutesAreUsedAgain) {
  RouteTable table;
  Route* first = &table.insert(key(0), 1);
  for (std::uint32_t number = 1; number < 1000; ++number) {
    table.erase(*first);
    EXPECT_EQ(&table.insert(key(number), 1), first);
  }
}

TEST(RouteTable, ANewRouteKeepsNothingOfTheOneBefore) {
  RouteTable table;
  Route& route = table.insert(key(0), 1);
  route.ended = true;
  route.use(Instant(1000s));
  table.erase(route);
  EXPECT_FALSE(table.insert(key(1), 2).ended);
}

TEST(RouteTable, VisitsAllInTurn) {
  RouteTable table;
  for (std::uint32_t number = 0; number < 100; ++number)
    table.insert(key(number), 1 + number);
  std::multiset<LinkId> seen;
  for (int call = 0; call < 20; ++call)
    table.visit(10, [&](Route& route) { seen.insert(route.link); });
  for (LinkId link = 1; link <= 100; ++link)
    EXPECT_EQ(seen.count(link), 2U) << link;
}

TEST(RouteTable, OneVisitSeesNoRouteTwice) {
  RouteTable table;
  for (std::uint32_t number = 0; number < 10; ++number)
    table.insert(key(number), 1);
  std::size_t seen = 0;
  table.visit(1000, [&](Route&) { ++seen; });
  EXPECT_EQ(seen, 10U);
}

TEST(RouteTable, AVisitMayErase) {
  RouteTable table;
  for (std::uint32_t number = 0; number < 1000; ++number)
    table.insert(key(number), 1 + number % 2);
  table.visit(1000, [&](Route& route) {
    if (route.link == 1) table.erase(route);
  });
  EXPECT_EQ(table.size(), 500U);
  for (std::uint32_t number = 0; number < 1000; ++number)
    EXPECT_EQ(table.find(key(number)) != nullptr, number % 2 == 1);
}

TEST(RouteTable, ASampleComesFromAllOver) {
  RouteTable table;
  for (std::uint32_t number = 0; number < 10'000; ++number)
    table.insert(key(number), 1 + number / 1000);
  std::set<LinkId> seen;
  table.sample(32, [&](Route& route) { seen.insert(route.link); });
  EXPECT_EQ(seen.size(), 10U);
}

TEST(RouteTable, ASampleOfAnEmptyTableIsEmpty) {
  RouteTable table;
  table.sample(32, [](Route&) { ADD_FAILURE(); });
}

TEST(Route, KnowsHowLongItWasUnused) {
  Route route;
  route.use(Instant(1000s));
  EXPECT_EQ(route.unused_for(Instant(1000s)), 0s);
  EXPECT_EQ(route.unused_for(Instant(1090s)), 90s);
  EXPECT_FALSE(route.ended);
}

}  // namespace
}  // namespace tcpcopy::route
