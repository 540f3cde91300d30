// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/stream_map.hh"

#include <gtest/gtest.h>

namespace tcpcopy::session {
namespace {

TEST(StreamMap, IsTheSamePlaceWhereNothingWasLeftOut) {
  const StreamMap map;
  EXPECT_EQ(map.to_replay(ClientOffset(70)), ReplayOffset(70));
  EXPECT_EQ(map.to_client(ReplayOffset(70)), ClientOffset(70));
}

TEST(StreamMap, WhatWasLeftOutHasNoNumbers) {
  StreamMap map;
  map.leave_out(ClientOffset(100), ClientOffset(250));
  EXPECT_EQ(map.to_replay(ClientOffset(250)), ReplayOffset(100));
  map.leave_out(ClientOffset(300), ClientOffset(400));
  EXPECT_EQ(map.to_replay(ClientOffset(400)), ReplayOffset(150));
  EXPECT_EQ(map.to_client(ReplayOffset(150)), ClientOffset(400));
}

}  // namespace
}  // namespace tcpcopy::session
