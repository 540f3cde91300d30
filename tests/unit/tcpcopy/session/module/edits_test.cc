// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/module/edits.hh"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

namespace tcpcopy::session {
namespace {

std::vector<std::byte> bytes(const std::string& text) {
  std::vector<std::byte> result;
  for (const char c : text)
    result.push_back(static_cast<std::byte>(c));
  return result;
}

// The client says "abcdefgh…", in chunks of three.
class EditsTest : public ::testing::Test {
 protected:
  EditsTest() {
    for (std::int64_t at = 0; at < 60; at += 3) {
      std::vector<std::byte> three;
      for (std::int64_t i = at; i < at + 3; ++i)
        three.push_back(letter(i));
      client_.insert(ClientOffset(at), three, {OnlineOffset(at), Instant()});
    }
    edits_.open(ClientOffset(0), ReplayOffset(0));
  }

  static std::byte letter(std::int64_t at) { return static_cast<std::byte>('a' + at % 26); }

  std::string said(ReplayOffset from, std::uint32_t length, std::size_t room = 64) const {
    std::vector<Bytes> pieces(room);
    const auto gathered = edits_.gather(client_, from, length, pieces);
    std::string text;
    for (std::size_t i = 0; i < gathered.pieces; ++i) {
      for (const std::byte b : pieces[i])
        text += static_cast<char>(b);
    }
    EXPECT_EQ(text.size(), gathered.length);
    return text;
  }
  std::string all() const {
    return said(ReplayOffset(0), static_cast<std::uint32_t>(edits_.written().value));
  }

  ClientStream client_;
  Edits edits_;
};

TEST_F(EditsTest, KeptBytesAreTheClients) {
  edits_.keep(5);
  edits_.keep(4);
  EXPECT_EQ(all(), "abcdefghi");
  EXPECT_EQ(edits_.runs(), 1U);
  for (std::int64_t i = 0; i <= 9; ++i) {
    EXPECT_EQ(edits_.to_client(ReplayOffset(i)), ClientOffset(i));
    EXPECT_EQ(edits_.to_replay(ClientOffset(i)), ReplayOffset(i));
  }
}

TEST_F(EditsTest, LongerAndShorterAndNothingAtAll) {
  edits_.keep(2);
  edits_.replace(3, bytes("LONGER"));
  edits_.keep(1);
  edits_.drop(2);
  edits_.insert(bytes("!"));
  edits_.keep(2);
  EXPECT_EQ(all(), "abLONGERf!ij");
  EXPECT_EQ(edits_.read(), ClientOffset(10));
  // What stands for the client's bytes counts as told when its last byte is.
  EXPECT_EQ(edits_.to_client(ReplayOffset(2)), ClientOffset(2));
  EXPECT_EQ(edits_.to_client(ReplayOffset(7)), ClientOffset(2));
  EXPECT_EQ(edits_.to_client(ReplayOffset(8)), ClientOffset(5));
  EXPECT_EQ(edits_.heard(ReplayOffset(2)), ClientOffset(2));
  EXPECT_EQ(edits_.heard(ReplayOffset(3)), ClientOffset(3));
  EXPECT_EQ(edits_.heard(ReplayOffset(8)), ClientOffset(5));
  // What is left out counts with the byte before it.
  EXPECT_EQ(edits_.to_client(ReplayOffset(9)), ClientOffset(8));
  EXPECT_EQ(edits_.to_client(ReplayOffset(12)), ClientOffset(10));
  EXPECT_EQ(edits_.to_replay(ClientOffset(4)), ReplayOffset(2));
  EXPECT_EQ(edits_.to_replay(ClientOffset(5)), ReplayOffset(8));
  EXPECT_EQ(edits_.to_replay(ClientOffset(8)), ReplayOffset(10));
  const Edits::Counts counts = edits_.take_counts();
  EXPECT_EQ(counts.inserted, 7U);
  EXPECT_EQ(counts.left_out, 5U);
  EXPECT_EQ(edits_.take_counts().inserted, 0U);
}

TEST_F(EditsTest, ReleasedRunsCostNothing) {
  edits_.replace(3, bytes("xyz"));
  edits_.keep(3);
  edits_.replace(3, bytes("q"));
  edits_.release_to(ReplayOffset(2));
  EXPECT_EQ(edits_.runs(), 3U);
  edits_.release_to(ReplayOffset(6));
  EXPECT_EQ(edits_.runs(), 1U);
  EXPECT_EQ(said(ReplayOffset(6), 9), "q");
  EXPECT_EQ(edits_.to_client(ReplayOffset(6)), ClientOffset(6));
  edits_.release_to(ReplayOffset(7));
  EXPECT_EQ(edits_.memory(), 0U);
  EXPECT_EQ(edits_.to_client(ReplayOffset(7)), ClientOffset(9));
}

TEST_F(EditsTest, AConnectionJoinedInTheMiddleBeginsWithItsPreamble) {
  edits_.open(ClientOffset(6), ReplayOffset(6));
  edits_.insert(bytes("hello "));
  EXPECT_EQ(edits_.to_client(ReplayOffset(6)), ClientOffset(6));
  EXPECT_EQ(edits_.to_client(ReplayOffset(12)), ClientOffset(6));
  edits_.keep(3);
  EXPECT_EQ(said(ReplayOffset(6), 9), "hello ghi");
}

TEST_F(EditsTest, TooFewPiecesCutTheRestOff) {
  edits_.keep(7);
  edits_.insert(bytes("-"));
  edits_.keep(5);
  EXPECT_EQ(said(ReplayOffset(0), 13, 3), "abcdefg");
  EXPECT_EQ(said(ReplayOffset(0), 13, 4), "abcdefg-");
  EXPECT_EQ(said(ReplayOffset(1), 6, 4), "bcdefg");
}

// Every short list of edits, against a model that keeps each byte with where it came from.
TEST_F(EditsTest, AgreesWithAModelWhateverTheEdits) {
  std::mt19937 random(19);
  const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  for (int round = 0; round < 3000; ++round) {
    edits_.open(ClientOffset(0), ReplayOffset(0));
    std::string model;
    std::vector<std::int64_t> told{0};  // of each place of the replay
    std::int64_t read = 0;
    while (read < 40) {
      const int length = 1 + pick(6);
      const int kind = pick(3);
      if (kind == 0) {
        edits_.keep(length);
        for (int i = 0; i < length; ++i) {
          model += static_cast<char>(letter(read++));
          told.push_back(read);
        }
        continue;
      }
      const std::string other(static_cast<std::size_t>(pick(8)), static_cast<char>('A' + pick(25)));
      const int taken = kind == 1 ? length : 0;
      edits_.replace(taken, bytes(other));
      for (std::size_t i = 1; i <= other.size(); ++i)
        told.push_back(read);
      read += taken;
      told.back() = read;
      model += other;
    }
    ASSERT_EQ(all(), model);
    ASSERT_EQ(edits_.written().value, static_cast<std::int64_t>(model.size()));
    ASSERT_EQ(edits_.read().value, read);
    for (std::size_t at = 0; at < told.size(); ++at) {
      ASSERT_EQ(edits_.to_client(ReplayOffset(static_cast<std::int64_t>(at))).value, told[at]);
    }
    const auto from = static_cast<std::size_t>(pick(static_cast<int>(model.size())));
    edits_.release_to(ReplayOffset(static_cast<std::int64_t>(from)));
    ASSERT_EQ(said(ReplayOffset(static_cast<std::int64_t>(from)), 12), model.substr(from, 12));
    ASSERT_EQ(edits_.to_client(ReplayOffset(static_cast<std::int64_t>(from))).value, told[from]);
  }
}

}  // namespace
}  // namespace tcpcopy::session
