// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/screen/number_texts.hh"

#include <gtest/gtest.h>

namespace tcpcopy::screen {
namespace {

using namespace std::chrono_literals;

TEST(NumberTexts, OfCounts) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(count_text(99'999'999'999), "99,999,999,999");
  EXPECT_EQ(count_text(1'234'567'890'123), "1,234.5 G");
  EXPECT_EQ(count_text(UINT64_MAX), "18,446,744,073.7 G");
}

TEST(NumberTexts, OfRates) {
  EXPECT_EQ(rate_text(0), "0.0");
  EXPECT_EQ(rate_text(12.34), "12.3");
  EXPECT_EQ(rate_text(99.96), "100");
  EXPECT_EQ(rate_text(12345.6), "12,346");
}

TEST(NumberTexts, OfBytes) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999.9), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.0 KB");
  EXPECT_EQ(bytes_text(999'960), "1.0 MB");
  EXPECT_EQ(bytes_text(12'345'678), "12.3 MB");
  EXPECT_EQ(bytes_text(1e18), "1000.0 PB");
}

TEST(NumberTexts, OfTimes) {
  EXPECT_EQ(clock_text(0s), "0:00:00");
  EXPECT_EQ(clock_text(3723s), "1:02:03");
  EXPECT_EQ(clock_text(24h * 3 + 1s), "3d 0:00:01");
  EXPECT_EQ(ms_text(1234us), "1.2");
}

TEST(NumberTexts, AllAndNoneAreExact) {
  EXPECT_EQ(percent_text(0, 0), "-");
  EXPECT_EQ(percent_text(0, 7), "0 %");
  EXPECT_EQ(percent_text(7, 7), "100 %");
  EXPECT_EQ(percent_text(1, 3), "33.3 %");
  EXPECT_EQ(percent_text(999'999, 1'000'000), "99.9 %");
  EXPECT_EQ(percent_text(1, 1'000'000), "0.1 %");
}

TEST(NumberTexts, Columns) {
  EXPECT_EQ(right("ab", 4), "  ab");
  EXPECT_EQ(right("abcdef", 4), "abcd");
  EXPECT_EQ(left("ab", 4), "ab  ");
  EXPECT_EQ(left("abcdef", 4), "abcd");
}

TEST(NumberTexts, NothingSpeaksToTheTerminal) {
  EXPECT_EQ(harmless("a\x1b[2Jb\n\xc3\xa9\x7f~"), "a?[2Jb????~");
}

}  // namespace
}  // namespace tcpcopy::screen
