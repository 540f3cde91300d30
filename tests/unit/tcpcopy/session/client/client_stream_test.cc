// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/client/client_stream.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tcpcopy/session/client/request_boundary.hh"
#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {
namespace {

/// Bytes that follow from their position; none looks like the first of a request.
std::string pattern(std::int64_t begin, std::size_t length) {
  std::string text(length, ' ');
  for (std::size_t i = 0; i < length; ++i)
    text[i] = static_cast<char>('a' + (begin + static_cast<std::int64_t>(i)) % 23);
  return text;
}

class ClientStreamTest : public ::testing::Test {
 protected:
  std::uint32_t insert(std::int64_t at, std::string_view text, std::int64_t acked = 0,
                       bool push = false) {
    clock_ += 1us;
    return stream_.insert(ClientOffset(at), std::as_bytes(std::span(text)),
                          {OnlineOffset(acked), clock_, push});
  }
  std::uint32_t insert_pattern(std::int64_t at, std::size_t length, std::int64_t acked = 0) {
    return insert(at, pattern(at, length), acked);
  }
  /// So many chunks that the stream has an index: nothing can be merged with them.
  void fill(std::int64_t acked = 0) {
    for (std::size_t i = 0; i <= kFewChunks; ++i)
      insert(stream_.contiguous_end().value, "GET /a HTTP/1.1\r\n", acked);
    insert_pattern(stream_.contiguous_end().value, kMergedChunk, acked);
  }
  std::string bytes(std::int64_t begin, std::uint32_t length) {
    std::string text;
    std::array<Bytes, 4> pieces;
    while (text.size() < length) {
      const auto left = length - static_cast<std::uint32_t>(text.size());
      const ClientOffset at(begin + static_cast<std::int64_t>(text.size()));
      const auto gathered = stream_.gather(at, left, pieces);
      if (gathered.length == 0) break;
      for (const Bytes piece : std::span(pieces).first(gathered.pieces))
        for (const std::byte byte : piece)
          text += static_cast<char>(byte);
    }
    return text;
  }
  std::size_t chunks() const {
    std::size_t count = 0;
    for (const Chunk* chunk = stream_.first(); chunk != nullptr; chunk = chunk->next())
      ++count;
    return count;
  }

  Instant clock_{std::chrono::seconds(100)};
  ClientStream stream_;
};

TEST_F(ClientStreamTest, CostsNoMoreThanAList) {
  EXPECT_LE(sizeof(ClientStream), 64U);
  EXPECT_LE(sizeof(Chunk), 48U);
}

// --- Urgent bytes.

TEST_F(ClientStreamTest, UrgentBytesAreKeptUntilTheyAreReleased) {
  EXPECT_TRUE(stream_.note_urgent(ClientOffset(0), 10));
  insert_pattern(0, 20);
  ASSERT_NE(stream_.urgent(ClientOffset(9)), nullptr);
  EXPECT_EQ(stream_.urgent(ClientOffset(9))->begin, ClientOffset(0));
  EXPECT_EQ(stream_.urgent(ClientOffset(9))->end, ClientOffset(10));
  EXPECT_EQ(stream_.urgent(ClientOffset(10)), nullptr);
  stream_.release_to(ClientOffset(9));
  EXPECT_NE(stream_.urgent(ClientOffset(9)), nullptr);
  stream_.release_to(ClientOffset(20));
  EXPECT_EQ(stream_.urgent(ClientOffset(0)), nullptr);
  EXPECT_EQ(stream_.held_memory(), 0U);
}

TEST_F(ClientStreamTest, EachUrgentByteThatCameIsKept) {
  for (const std::int64_t at : {0, 10, 20}) {
    stream_.note_urgent(ClientOffset(at), 5);
    insert_pattern(at, 10);
  }
  EXPECT_EQ(stream_.urgent(ClientOffset(0))->end, ClientOffset(5));
  EXPECT_EQ(stream_.urgent(ClientOffset(5))->end, ClientOffset(15));
  EXPECT_EQ(stream_.urgent(ClientOffset(15))->end, ClientOffset(25));
  EXPECT_EQ(stream_.urgent(ClientOffset(25)), nullptr);
}

TEST_F(ClientStreamTest, AFartherPointerReplacesWhatHasNotCome) {
  stream_.note_urgent(ClientOffset(0), 30);
  insert_pattern(0, 10);
  stream_.note_urgent(ClientOffset(10), 40);
  insert_pattern(10, 10);
  ASSERT_NE(stream_.urgent(ClientOffset(0)), nullptr);
  EXPECT_EQ(stream_.urgent(ClientOffset(0))->begin, ClientOffset(0));
  EXPECT_EQ(stream_.urgent(ClientOffset(0))->end, ClientOffset(50));
  stream_.release_to(ClientOffset(50));
  EXPECT_EQ(stream_.held_memory(), 0U);
}

TEST_F(ClientStreamTest, ANearerPointerOfOldBytesSaysNothing) {
  stream_.note_urgent(ClientOffset(0), 50);
  stream_.note_urgent(ClientOffset(0), 30);
  EXPECT_EQ(stream_.urgent(ClientOffset(0))->end, ClientOffset(50));
}

TEST_F(ClientStreamTest, SentAgainIsUrgentOnce) {
  for (int i = 0; i < 3; ++i) {
    stream_.note_urgent(ClientOffset(0), 10);
    insert_pattern(0, 10);
  }
  const auto memory = stream_.held_memory();
  stream_.release_to(ClientOffset(10));
  stream_.note_urgent(ClientOffset(0), 10);
  EXPECT_EQ(stream_.urgent(ClientOffset(0)), nullptr);
  EXPECT_EQ(stream_.held_memory(), 0U);
  EXPECT_GT(memory, 0U);
}

TEST_F(ClientStreamTest, APointerOf0PointsWhereLinuxTakesItTo) {
  stream_.note_urgent(ClientOffset(0), 0);
  EXPECT_EQ(stream_.urgent(ClientOffset(0))->end, ClientOffset(1));
}

TEST_F(ClientStreamTest, HoldsAFewUrgentBytes) {
  for (std::size_t i = 0; i < kMaxUrgent; ++i) {
    EXPECT_TRUE(stream_.note_urgent(stream_.contiguous_end(), 1));
    insert_pattern(stream_.contiguous_end().value, 1);
  }
  EXPECT_FALSE(stream_.note_urgent(stream_.contiguous_end(), 1));
  insert_pattern(stream_.contiguous_end().value, 1);
  EXPECT_EQ(stream_.urgent(ClientOffset(kMaxUrgent)), nullptr);
  stream_.release_to(ClientOffset(1));
  EXPECT_TRUE(stream_.note_urgent(stream_.contiguous_end(), 1));
  stream_.release_all();
  EXPECT_EQ(stream_.held_memory(), 0U);
}

// --- Merging.

TEST_F(ClientStreamTest, FewChunksAreLeftAsTheyWereCaptured) {
  insert_pattern(0, 10);
  insert_pattern(10, 10);
  EXPECT_EQ(chunks(), 2U);
  EXPECT_EQ(stream_.release_to(ClientOffset(10)).bytes, 10U);
}

TEST_F(ClientStreamTest, ManySmallOnesAreMergedAndEveryPacketCounts) {
  fill();
  const std::int64_t begin = stream_.contiguous_end().value;
  const std::size_t before = chunks();
  for (std::int64_t i = 0; i < 5000; ++i)
    EXPECT_EQ(insert_pattern(begin + i, 1), 1U);
  EXPECT_LE(chunks() - before, 5000 / kMergedChunk + 1);
  EXPECT_EQ(bytes(begin, 5000), pattern(begin, 5000));
  const Account freed = stream_.release_to(stream_.contiguous_end());
  EXPECT_EQ(freed.packets, kFewChunks + 2 + 5000);
  EXPECT_EQ(stream_.held_memory(), 0U);
}

TEST_F(ClientStreamTest, FullSegmentsAreNotCopiedTogether) {
  fill();
  const std::size_t before = chunks();
  for (int i = 0; i < 10; ++i)
    insert_pattern(stream_.contiguous_end().value, 1448);
  EXPECT_EQ(chunks() - before, 10U);
}

TEST_F(ClientStreamTest, TurnsStayApart) {
  fill();
  const std::int64_t begin = stream_.contiguous_end().value;
  insert_pattern(begin, 10, 50);
  insert_pattern(begin + 10, 10, 50);
  insert_pattern(begin + 20, 10, 90);
  const Chunk* first = stream_.find(ClientOffset(begin));
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->length(), 20U);
  EXPECT_TRUE(first->starts_turn());
  ASSERT_NE(first->next(), nullptr);
  EXPECT_EQ(first->next()->begin(), ClientOffset(begin + 20));
  EXPECT_TRUE(first->next()->starts_turn());
}

TEST_F(ClientStreamTest, PipelinedRequestsStayApart) {
  fill();
  const std::int64_t begin = stream_.contiguous_end().value;
  insert(begin, "x=1\r\n");
  insert(begin + 5, "GET /b HTTP/1.1\r\n\r\n");
  insert(begin + 24, "P");  // so may this
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(begin + 1), true), ClientOffset(begin + 5));
  insert(begin + 25, "OST /c HTTP/1.1\r\n");
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(begin + 6), true),
            ClientOffset(begin + 24));
}

// The lag is that of the oldest byte; a push is due behind the last.
TEST_F(ClientStreamTest, MergedChunkIsAsOldAsItsFirstPacketAndPushedAsItsLast) {
  fill();
  const std::int64_t begin = stream_.contiguous_end().value;
  insert_pattern(begin, 10);
  const Instant first = clock_;
  insert(begin + 10, pattern(begin + 10, 10), 0, true);
  const Chunk* chunk = stream_.find(ClientOffset(begin));
  ASSERT_NE(chunk, nullptr);
  EXPECT_EQ(chunk->length(), 20U);
  EXPECT_EQ(chunk->origin().captured_at, first);
  std::array<Bytes, 4> pieces;
  EXPECT_TRUE(stream_.gather(ClientOffset(begin), 20, pieces).push);
  EXPECT_FALSE(stream_.gather(ClientOffset(begin), 10, pieces).push);
}

// One that comes before its neighbours does not make them younger either.
TEST_F(ClientStreamTest, FillingAGapMergesBothSides) {
  fill();
  const std::int64_t begin = stream_.contiguous_end().value;
  insert_pattern(begin, 10);
  const Instant first = clock_;
  insert_pattern(begin + 20, 10);
  EXPECT_TRUE(stream_.has_hole());
  insert_pattern(begin + 10, 10);
  const Chunk* chunk = stream_.find(ClientOffset(begin + 25));
  ASSERT_NE(chunk, nullptr);
  EXPECT_EQ(chunk->begin(), ClientOffset(begin));
  EXPECT_EQ(chunk->origin().captured_at, first);
  EXPECT_FALSE(stream_.has_hole());
  EXPECT_EQ(bytes(begin, 30), pattern(begin, 30));
}

TEST_F(ClientStreamTest, TellsHowManyPiecesItHolds) {
  for (std::size_t i = 0; i < 100; ++i)
    insert(stream_.contiguous_end().value, "G");
  EXPECT_EQ(stream_.chunks(), 100U);
  stream_.release_to(ClientOffset(40));
  EXPECT_EQ(stream_.chunks(), 60U);
}

TEST_F(ClientStreamTest, MemoryIsCountedWithWhatAPieceCosts) {
  for (std::int64_t i = 0; i < 1000; ++i)
    insert(i, "G");
  EXPECT_GE(stream_.held_memory(), 1000 * (sizeof(Chunk) + 16));
  stream_.release_all();
  EXPECT_EQ(stream_.held_memory(), 0U);
}

// --- The search for a request.

TEST_F(ClientStreamTest, SearchGoesOnWhereItEnded) {
  fill();
  const std::int64_t begin = stream_.contiguous_end().value;
  for (std::int64_t i = 0; i < 20; ++i)
    insert_pattern(begin + i * 1500, 1500);
  const ClientOffset from(begin);
  EXPECT_EQ(next_request_boundary(stream_, from, true), std::nullopt);
  const std::int64_t end = stream_.contiguous_end().value;
  EXPECT_EQ(stream_.searched_from(from, true), ClientOffset(end));
  EXPECT_EQ(stream_.searched_from(from, false), from);  // that search finds more
  insert(end, "GET /");
  EXPECT_EQ(next_request_boundary(stream_, from, true), ClientOffset(end));
  EXPECT_EQ(next_request_boundary(stream_, from, true), ClientOffset(end));
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(0), true), ClientOffset(0));
}

TEST_F(ClientStreamTest, SearchComesBackToWhatWasCutShort) {
  fill();
  const std::int64_t begin = stream_.contiguous_end().value;
  insert_pattern(begin, 1500);
  insert(begin + 1500, "GE");
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(begin), true), std::nullopt);
  insert(begin + 1502, "T / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(begin), true), ClientOffset(begin + 1500));
}

// --- Any order.

/// Which bytes were inserted.
class Seen {
 public:
  explicit Seen(std::size_t size) : seen_(size) {}

  /// @return how many are new.
  std::uint32_t insert(std::int64_t at, std::size_t length) {
    std::uint32_t fresh = 0;
    for (std::size_t i = 0; i < length; ++i) {
      auto byte = seen_[static_cast<std::size_t>(at) + i];
      if (!byte) ++fresh;
      byte = true;
    }
    while (end_ < seen_.size() && seen_[end_])
      ++end_;
    return fresh;
  }
  std::int64_t contiguous_end() const { return static_cast<std::int64_t>(end_); }

 private:
  std::vector<bool> seen_;
  std::size_t end_ = 0;
};

void expect_pattern(const ClientStream& stream) {
  const Chunk* last = nullptr;
  for (const Chunk* chunk = stream.first(); chunk != nullptr; chunk = chunk->next()) {
    if (last != nullptr) {
      ASSERT_EQ(last->end(), chunk->begin());
    }
    const std::string text = pattern(chunk->begin().value, chunk->length());
    ASSERT_TRUE(std::ranges::equal(chunk->bytes(), std::as_bytes(std::span(text))));
    ASSERT_EQ(stream.find(chunk->begin()), chunk);
    ASSERT_EQ(stream.find(chunk->end() - 1), chunk);
    last = chunk;
  }
}

// Segments that overlap and come in any order, some of them again, while the front is released:
// every byte and every packet is there exactly once, in order.
TEST_F(ClientStreamTest, AnyOrderGivesTheSameStream) {
  constexpr std::int64_t kSize = 6000;
  std::mt19937 dice(7);
  const auto up_to = [&](std::int64_t most) {
    return static_cast<std::int64_t>(dice() % static_cast<std::uint32_t>(most)) + 1;
  };
  for (int round = 0; round < 20; ++round) {
    ClientStream stream;
    Seen seen(kSize);
    Account held;
    Account freed;
    const std::int64_t longest = std::array{3, 40, 300, 3000}[static_cast<std::size_t>(round % 4)];
    std::int64_t released = 0;
    while (seen.contiguous_end() < kSize) {
      // Half of them at the first hole, so that the end comes.
      const std::int64_t ahead = dice() % 2 == 0 ? -1 : up_to(1000);
      const std::int64_t at =
          std::clamp(seen.contiguous_end() + 1 + ahead - up_to(2), released, kSize - 1);
      const std::int64_t length = std::min(up_to(longest), kSize - at);
      const std::string text = pattern(at, static_cast<std::size_t>(length));
      const std::uint32_t fresh = seen.insert(at, text.size());
      ASSERT_EQ(stream.insert(ClientOffset(at), std::as_bytes(std::span(text)),
                              {OnlineOffset(at / 2000), clock_, false}),
                fresh);
      if (fresh > 0) held += {1, fresh};
      ASSERT_EQ(stream.contiguous_end().value, seen.contiguous_end());
      if (dice() % 16 == 0) {
        released += (seen.contiguous_end() - released) / 3;
        freed += stream.release_to(ClientOffset(released));
      }
    }
    expect_pattern(stream);
    EXPECT_EQ(stream.behind_hole(), nullptr);
    freed += stream.release_all();
    EXPECT_EQ(freed.packets, held.packets);
    EXPECT_EQ(freed.bytes, held.bytes);
    EXPECT_EQ(stream.held_memory(), 0U);
  }
}

// Where turns begin in a stream of 300 segments, some of them swapped.
// @param held all of them at once, so that they are merged, or few.
std::vector<std::int64_t> turns_of(bool held) {
  std::vector<std::int64_t> turns;
  ClientStream stream;
  const auto note = [&] {
    for (const Chunk* chunk = stream.first(); chunk != nullptr; chunk = chunk->next())
      if (chunk->begin() < stream.contiguous_end() && chunk->starts_turn())
        turns.push_back(chunk->begin().value);
  };
  for (std::int64_t i = 0; i < 300; ++i) {
    const std::int64_t at = 4 * (i % 10 == 2 ? i + 1 : (i % 10 == 3 ? i - 1 : i));
    const std::string text = pattern(at, 4);
    stream.insert(ClientOffset(at), std::as_bytes(std::span(text)),
                  {OnlineOffset(at / 28), Instant(), false});
    if (held) continue;
    note();
    stream.release_to(stream.contiguous_end());
  }
  if (held) note();
  return turns;
}

TEST_F(ClientStreamTest, TurnsBeginWhereTheyBeginWithoutMerging) {
  EXPECT_GT(turns_of(false).size(), 30U);
  EXPECT_EQ(turns_of(true), turns_of(false));
}

// Whoever fills a hole before very many chunks does not wait for all of them.
TEST_F(ClientStreamTest, AHoleIsFilledInSteps) {
  constexpr int kPieces = 3 * kMostExtended;
  for (int i = 1; i < kPieces; ++i)
    insert(i, "G");
  EXPECT_FALSE(stream_.extends());
  insert(0, "G");
  EXPECT_TRUE(stream_.extends());
  EXPECT_EQ(stream_.contiguous_end(), ClientOffset(kMostExtended));
  insert(kPieces, "G");
  int steps = 0;
  for (; stream_.extends(); ++steps)
    stream_.extend();
  EXPECT_LE(steps, 3);
  EXPECT_EQ(stream_.contiguous_end(), ClientOffset(kPieces + 1));
  EXPECT_FALSE(stream_.has_hole());
}

}  // namespace
}  // namespace tcpcopy::session
