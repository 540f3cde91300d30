// SPDX-License-Identifier: BSD-3-Clause
#include "common/report/json_lines.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "common/runtime/errors.hh"

namespace tcpcopy::report {
namespace {

using namespace std::chrono_literals;

constexpr Figure kSent{"sent", "packets", "for the target"};
constexpr Figure kLost{"lost", "packets", "on the way", "reason"};
constexpr std::chrono::system_clock::time_point kTime{1'700'000'000'042ms};

Report some() {
  Report report;
  report.total(kLost, 2, "half-open");
  report.total(kSent, 7);
  report.total(kLost, 0, "idle");
  return report;
}

TEST(JsonLines, HasEachFigureUnderItsName) {
  EXPECT_EQ(json_line(some(), "tcpcopy", kTime),
            R"({"time":"2023-11-14T22:13:20.042Z","program":"tcpcopy",)"
            R"("lost":{"half-open":2,"idle":0},"sent":7})");
}

TEST(JsonLines, SaysOfSpreadsWhereTheyLie) {
  Report report;
  Lag lag;
  lag.note(7us);
  report.spread({"lag", "seconds", "of bytes"}, lag);
  EXPECT_EQ(json_line(report, "tcpcopy", kTime),
            R"({"time":"2023-11-14T22:13:20.042Z","program":"tcpcopy",)"
            R"("lag":{"median":0.000007,"p99":0.000007,"greatest":0.000007}})");
}

TEST(JsonLines, AreAppendedToAFileThatMayBeMovedAway) {
  const std::string path = testing::TempDir() + "lines-" + std::to_string(::getpid());
  const auto lines = [](const std::string& from) {
    std::ifstream file(from);
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  };
  JsonLines sink(path, "tcpcopy");
  sink.write(some());
  sink.write(some());
  EXPECT_EQ(lines(path), 2);
  ASSERT_EQ(std::rename(path.c_str(), (path + ".1").c_str()), 0);
  sink.write(some());
  EXPECT_EQ(lines(path), 1);
  EXPECT_EQ(lines(path + ".1"), 2);
  std::remove(path.c_str());
  std::remove((path + ".1").c_str());
}

TEST(JsonLines, AFullDiskEndsNothing) {
  JsonLines sink("/dev/full", "tcpcopy");
  sink.write(some());
  sink.write(some());
}

TEST(JsonLines, AFileThatCannotBeMadeIsAUsageError) {
  EXPECT_THROW(JsonLines("/nowhere/lines", "tcpcopy"), runtime::UsageError);
}

}  // namespace
}  // namespace tcpcopy::report
