// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/port_candidates.hh"

#include <gtest/gtest.h>

#include <set>

namespace tcpcopy::session {
namespace {

const Endpoint kClient{Address::v4(0x0a000001), 40000};

Settings settings(std::uint16_t port_group, std::uint16_t salt) {
  Settings settings;
  settings.port_group = port_group;
  settings.port_salt = salt;
  return settings;
}

TEST(PortShift, LeavesTheClientsOwnSessionAlone) { EXPECT_EQ(port_shift(settings(0, 511), 0), 0U); }

TEST(PortShift, MovesCopiesAndGroupsAsTheOptionsSay) {
  EXPECT_EQ(port_shift(settings(0, 7), 1), 32U + 7);
  EXPECT_EQ(port_shift(settings(0, 7), 3), 32U * 5 + 7);
  EXPECT_EQ(port_shift(settings(2, 7), 0), 2U * 2048 + 7);
  EXPECT_EQ(port_shift(settings(300, 7), 3), 300U * 2048 + 32 * 5 + 7);
}

TEST(PortCandidates, BeginsWithTheClientsPort) {
  EXPECT_EQ(PortCandidates(kClient, 0).next(), 40000);
  EXPECT_EQ(PortCandidates(kClient, 39).next(), 40039);
}

TEST(PortCandidates, GoesOnAtTheFirstPortBehindTheLast) {
  EXPECT_EQ(PortCandidates({kClient.address, 65535}, 1).next(), 1024);
  EXPECT_EQ(PortCandidates({kClient.address, 65535}, 64513).next(), 1024);
}

TEST(PortCandidates, NeverGivesAPrivilegedPortBesideTheClientsOwn) {
  PortCandidates candidates(kClient, 0);
  std::set<std::uint16_t> seen;
  while (const auto port = candidates.next()) {
    EXPECT_GE(*port, PortCandidates::kFirst);
    seen.insert(*port);
  }
  EXPECT_GT(seen.size(), 250U) << "of 256 tries";
}

TEST(PortCandidates, LeavesOutPortZero) {
  PortCandidates candidates({kClient.address, 0}, 0);
  while (const auto port = candidates.next())
    EXPECT_NE(*port, 0);
}

}  // namespace
}  // namespace tcpcopy::session
