// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/options/way_options.hh"

#include <gtest/gtest.h>

#include "tests/support/refusal.hh"

namespace tcpcopy::options {
namespace {

using namespace std::chrono_literals;
using test::refusal;
using Way = capture::Settings::Way;

WayTexts files(const std::string& input = "clients.pcap") {
  WayTexts texts;
  texts.capture = "file";
  texts.input = input;
  return texts;
}

TEST(WayOptions, TheRawSocketIsTheDefault) {
  const capture::Settings options = interpret_capture({});
  EXPECT_EQ(options.way, Way::kRaw);
  EXPECT_TRUE(options.sources.empty());
  EXPECT_FALSE(interpret_fail_below({}));
}

TEST(WayOptions, FilesAreReplayedOnceAtTheirSpeed) {
  const capture::Settings options = interpret_capture(files("a.pcap,-,b.pcap"));
  EXPECT_EQ(options.way, Way::kFile);
  EXPECT_EQ(options.sources, (std::vector<std::string>{"a.pcap", "-", "b.pcap"}));
  EXPECT_EQ(options.speed, 1);
  EXPECT_FALSE(options.longest_gap);
  EXPECT_EQ(options.passes, 1);
}

TEST(WayOptions, OfflineIsTheNameOf1x) {
  WayTexts texts;
  texts.offline = true;
  texts.input = "a.pcap";
  EXPECT_EQ(interpret_capture(texts).way, Way::kFile);
}

TEST(WayOptions, APatternStandsForItsFilesInTheOrderOfNames) {
  const std::string folder = testing::TempDir() + "/way_options";
  ASSERT_EQ(std::system(("mkdir -p " + folder + " && touch " + folder + "/2.pcap " + folder +
                         "/1.pcap " + folder + "/3.other")
                            .c_str()),
            0);
  EXPECT_EQ(interpret_capture(files(folder + "/*.pcap")).sources,
            (std::vector<std::string>{folder + "/1.pcap", folder + "/2.pcap"}));
}

TEST(WayOptions, SpeedMayBeAFractionOrMax) {
  WayTexts texts = files();
  texts.speed = "2.5";
  EXPECT_EQ(interpret_capture(texts).speed, 2.5);
  texts.speed = "max";
  EXPECT_FALSE(interpret_capture(texts).speed);
  texts.longest_gap = "250";
  texts.passes = "3";
  texts.fail_below = "99.5";
  const capture::Settings options = interpret_capture(texts);
  EXPECT_EQ(options.longest_gap, 250ms);
  EXPECT_EQ(options.passes, 3);
  EXPECT_EQ(interpret_fail_below(texts), 99.5);
}

TEST(WayOptions, WhatCannotBeUsedIsRefused) {
  const auto refused = [](void (*change)(WayTexts&)) {
    WayTexts texts = files();
    change(texts);
    return refusal([&] { interpret_capture(texts); });
  };
  EXPECT_EQ(refused([](WayTexts& t) { t.capture = "tap"; }),
            "--capture: 'tap' is no way of capture; accepted: raw, pcap, file");
  EXPECT_EQ(refused([](WayTexts& t) { t.input = ""; }),
            "-i is missing: which files are replayed? For example: -i clients.pcap");
  EXPECT_EQ(refused([](WayTexts& t) { t.speed = "0"; }),
            "-a: '0' is not a factor from 0.001 to 1000000, or max");
  EXPECT_EQ(refused([](WayTexts& t) { t.speed = "fast"; }),
            "-a: 'fast' is not a factor from 0.001 to 1000000, or max");
  EXPECT_EQ(refused([](WayTexts& t) { t.speed = "nan"; }),
            "-a: 'nan' is not a factor from 0.001 to 1000000, or max");
  EXPECT_EQ(refused([](WayTexts& t) { t.longest_gap = "-1"; }),
            "-I: '-1' is not a number from 0 to 86400000");
  EXPECT_EQ(refused([](WayTexts& t) { t.passes = "0"; }),
            "-T: '0' is not a number from 1 to 1000000");
  WayTexts much;
  much.fail_below = "101";
  EXPECT_EQ(refusal([&] { interpret_fail_below(much); }),
            "--fail-below: '101' is not a percentage from 0 to 100");
  EXPECT_EQ(refused([](WayTexts& t) {
              t.input = "-";
              t.passes = "2";
            }),
            "-T: standard input cannot be read again; write it to a file first");
}

TEST(WayOptions, RawCaptureTakesNoInput) {
  WayTexts texts;
  texts.input = "eth0";
  EXPECT_NE(refusal([&] { interpret_capture(texts); }).find("--capture file for files"),
            std::string::npos);
}

TEST(WayOptions, DevicesAreCaptured) {
  WayTexts texts;
  texts.pcap_capture = true;
  capture::Settings options = interpret_capture(texts);
  EXPECT_EQ(options.way, Way::kPcap);
  EXPECT_EQ(options.sources, std::vector<std::string>{"any"});
  EXPECT_EQ(options.snap_length, 65535);
  EXPECT_EQ(options.direction, pcap::Direction::kIn);
  texts.capture = "pcap";
  texts.input = "eth0,eth1";
  texts.snap_length = "96";
  texts.direction = "both";
  options = interpret_capture(texts);
  EXPECT_EQ(options.sources, (std::vector<std::string>{"eth0", "eth1"}));
  EXPECT_EQ(options.snap_length, 96);
  EXPECT_EQ(options.direction, pcap::Direction::kBoth);
}

TEST(WayOptions, WhatDevicesCannotBeUsedForIsRefused) {
  const auto refused = [](void (*change)(WayTexts&)) {
    WayTexts texts;
    texts.capture = "pcap";
    change(texts);
    return refusal([&] { interpret_capture(texts); });
  };
  EXPECT_EQ(refused([](WayTexts& t) { t.snap_length = "40"; }),
            "-S: '40' is not a number from 96 to 262144");
  EXPECT_EQ(refused([](WayTexts& t) { t.direction = "up"; }),
            "--direction: 'up' is no direction; accepted: in, out, both");
  EXPECT_EQ(refused([](WayTexts& t) { t.offline = true; }),
            "--capture and --offline: give one way of capture");
}

TEST(WayOptions, PacketsLeaveThroughTheRawSocketOrALink) {
  WayTexts texts;
  EXPECT_EQ(interpret_send(texts).way, inject::Settings::Way::kRaw);
  texts.pcap_send = true;
  EXPECT_EQ(interpret_send(texts).way, inject::Settings::Way::kDevice);
  EXPECT_EQ(interpret_send(texts).device, "");
  texts.pcap_send = false;
  texts.send = "link";
  texts.output = "eth1";
  EXPECT_EQ(interpret_send(texts).way, inject::Settings::Way::kDevice);
  EXPECT_EQ(interpret_send(texts).device, "eth1");
}

TEST(WayOptions, ADeviceForTheRawSocketIsRefused) {
  WayTexts texts;
  texts.output = "eth1";
  EXPECT_EQ(
      refusal([&] { interpret_send(texts); }),
      "-o eth1: the raw socket follows the routes; give --send link to send through a device");
  texts.send = "tunnel";
  EXPECT_EQ(refusal([&] { interpret_send(texts); }),
            "--send: 'tunnel' is no way of sending; accepted: raw, link");
}

TEST(WayOptions, ResponsesNameDevices) {
  WayTexts texts;
  EXPECT_TRUE(interpret_responses(texts).empty());
  texts.responses = "lo,eth0";
  EXPECT_EQ(interpret_responses(texts), (std::vector<std::string>{"lo", "eth0"}));
}

}  // namespace
}  // namespace tcpcopy::options
