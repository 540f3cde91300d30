// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/runtime/packet_filter.hh"
#include "intercept/options/options.hh"
#include "tcpcopy/version.hh"
#include "tests/support/config_file.hh"
#include "tests/support/refusal.hh"
#include "tests/support/words.hh"

namespace tcpcopy::intercept_options {
namespace {

using test::ConfigFile;
using test::refusal;
using test::Words;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::optional<InterceptOptions> parse_words(const Words& words) {
  return test::parse_words(parse_intercept, "intercept", words);
}

Words needed(const Words& more = {}) { return test::joined({"-F", "tcp and src port 8080"}, more); }

InterceptOptions parsed(const Words& more = {}) { return parse_words(needed(more)).value(); }

std::string refused_with(const Words& more) {
  return refusal([&] { parse_words(needed(more)); });
}

std::vector<Address> addresses(const std::vector<const char*>& texts) {
  std::vector<Address> result;
  for (const char* text : texts)
    result.push_back(Address::parse_v4(text).value());
  return result;
}

TEST(InterceptOptions, Defaults) {
  const InterceptOptions options = parsed();
  EXPECT_THAT(options.devices, ElementsAre("any"));
  EXPECT_EQ(options.filter, "tcp and src port 8080");
  EXPECT_EQ(options.listen.to_string(), "0.0.0.0:36524");
  EXPECT_EQ(options.max_records, 0U);
  EXPECT_TRUE(options.mode.combined);
  EXPECT_FALSE(options.mode.with_payload);
  EXPECT_EQ(options.log_file, "");
  EXPECT_EQ(options.pid_file, "");
  EXPECT_FALSE(options.daemon);
  EXPECT_EQ(options.statistics_seconds, 30);
  EXPECT_THAT(options.notes, IsEmpty());
}

TEST(InterceptOptions, ACommandLineOf1xWorks) {
  const auto options =
      parse_words({"-i", "eth0", "-F", "tcp and src port 8080", "-d", "-s", "65536", "-n", "8"});
  ASSERT_TRUE(options);
  EXPECT_THAT(options->devices, ElementsAre("eth0"));
  EXPECT_TRUE(options->daemon);
  EXPECT_EQ(options->log_file, "intercept.log");
  EXPECT_EQ(options->max_records, 8U);
  EXPECT_THAT(options->notes, ElementsAre(AllOf(HasSubstr("-s"), HasSubstr("no effect"))));
}

TEST(InterceptOptions, EveryOptionIsUnderstood) {
  const InterceptOptions options =
      parsed({"-i", "eth0,eth1", "-p", "1234", "-b", "10.0.0.40", "--disable-combined", "-l",
              "/tmp/i.log", "-P", "/tmp/i.pid", "--statistics", "5", "--million"});
  EXPECT_THAT(options.devices, ElementsAre("eth0", "eth1"));
  EXPECT_EQ(options.listen.to_string(), "10.0.0.40:1234");
  EXPECT_FALSE(options.mode.combined);
  EXPECT_EQ(options.log_file, "/tmp/i.log");
  EXPECT_EQ(options.pid_file, "/tmp/i.pid");
  EXPECT_EQ(options.statistics_seconds, 5);
  EXPECT_THAT(options.notes, ElementsAre(HasSubstr("--million")));
}

TEST(InterceptOptions, TheModesOf1xBuildsAreOptions) {
  const InterceptOptions options =
      parsed({"--single", "-c", "--with-resp-payload", "--disable-combined"});
  EXPECT_TRUE(options.single);
  EXPECT_TRUE(options.protect);
  EXPECT_TRUE(options.mode.with_payload);
  EXPECT_FALSE(options.mode.combined);
  EXPECT_FALSE(parsed().single);
  EXPECT_FALSE(parsed().protect);
}

TEST(InterceptOptions, KeysStandInAFileAndLinksInClearAreAllowedBesideThem) {
  EXPECT_EQ(parsed().key_file, "");
  const InterceptOptions options = parsed({"--key", "/etc/keys", "--allow-plain"});
  EXPECT_EQ(options.key_file, "/etc/keys");
  EXPECT_TRUE(options.allow_plain);
  EXPECT_THAT(refused_with({"--allow-plain"}), HasSubstr("without --key"));
}

TEST(InterceptOptions, AFrameOfOneHasNoLimit) {
  EXPECT_EQ(refused_with({"--disable-combined", "-n", "4"}),
            "-n has no effect with --disable-combined: leave it out");
}

TEST(InterceptOptions, ProtectionIsForSingle) {
  EXPECT_THAT(refused_with({"-c"}), HasSubstr("--single"));
}

TEST(InterceptOptions, WhoMayConnectIsAListOfNetworks) {
  EXPECT_THAT(parsed().allow, IsEmpty());
  const InterceptOptions options = parsed({"--allow", "10.0.0.20,192.0.2.0/24"});
  ASSERT_EQ(options.allow.size(), 2U);
  EXPECT_TRUE(options.allow[0].contains(Address::v4(0x0a000014)));
  EXPECT_TRUE(options.allow[1].contains(Address::v4(0xc0000263)));
  for (const char* text : {"10.0.0.20,", "10.0.0.300", "10.0.0.0/33", "::1"})
    EXPECT_THAT(refused_with({"--allow", text}), HasSubstr("--allow: '")) << text;
}

TEST(InterceptOptions, TranslationsArePairsOfAddresses) {
  const InterceptOptions options =
      parsed({"--dnat", "-D", "10.1.0.1-62.135.200.1,10.1.0.2-62.135.200.2"});
  const auto address = [](const char* text) { return Address::parse_v4(text).value(); };
  EXPECT_THAT(options.translations,
              ElementsAre(route::AddressPair{address("10.1.0.1"), address("62.135.200.1")},
                          route::AddressPair{address("10.1.0.2"), address("62.135.200.2")}));
  EXPECT_THAT(refused_with({"-D", "10.1.0.1"}), HasSubstr("-D: '10.1.0.1' is no pair"));
  EXPECT_THAT(refused_with({"-D", "10.1.0.1-there"}), HasSubstr("-D: 'there'"));
  EXPECT_THAT(refused_with({"-D", "10.1.0.1-1.1.1.1,10.1.0.1-2.2.2.2"}),
              HasSubstr("10.1.0.1 is translated twice"));
  EXPECT_THAT(options.notes, IsEmpty());
  EXPECT_THAT(parsed({"--dnat"}).notes, ElementsAre(HasSubstr("given by -D")));
}

TEST(InterceptOptions, WithoutFilterTheyAreRefused) {
  EXPECT_THAT(refusal([] {
                parse_words({"-i", "eth0"});
              }),
              AllOf(HasSubstr("-F is missing"), HasSubstr("-F 'tcp and src port 8080'")));
}

TEST(InterceptOptions, AFilterThatLibpcapRefusesIsRefused) {
  EXPECT_THAT(refusal([] {
                parse_words({"-F", "tcp and sauce port 8080"});
              }),
              AllOf(HasSubstr("-F 'tcp and sauce port 8080'"), HasSubstr("libpcap refuses"),
                    HasSubstr("syntax error")));
}

TEST(InterceptOptions, PortsOutOfRangeAreRefused) {
  for (const char* port : {"0", "70000", "x"}) {
    EXPECT_THAT(refused_with({"-p", port}),
                AllOf(HasSubstr("-p"), HasSubstr(std::string("'") + port + "' is not a number"),
                      HasSubstr("1 to 65535")));
  }
}

TEST(InterceptOptions, OtherValuesOutOfRangeAreRefused) {
  EXPECT_THAT(refused_with({"-n", "17"}),
              AllOf(HasSubstr("-n"), HasSubstr("'17'"), HasSubstr("0 to 16")));
  EXPECT_THAT(refused_with({"--statistics", "0"}), HasSubstr("1 to 86400"));
  EXPECT_THAT(refused_with({"-b", "assistant"}),
              AllOf(HasSubstr("-b"), HasSubstr("'assistant'"), HasSubstr("an IPv4 address")));
  EXPECT_THAT(refused_with({"-b", "::1"}), HasSubstr("IPv6 is not supported"));
  EXPECT_THAT(refused_with({"--nonsense"}), AllOf(HasSubstr("--nonsense"), HasSubstr("--help")));
}

TEST(InterceptOptions, AFileGivesWhatTheCommandLineDoesNot) {
  const ConfigFile file(
      "filter=\"tcp and src port 8080\"\n"
      "device=eth0\n"
      "port=1234\n"
      "disable-combined=true\n");
  const auto options = parse_words({"--config", file.path(), "-p", "4321"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->filter, "tcp and src port 8080");
  EXPECT_THAT(options->devices, ElementsAre("eth0"));
  EXPECT_EQ(options->listen.port, 4321);
  EXPECT_FALSE(options->mode.combined);
}

/// What is printed instead of capturing anything.
std::string printed_for(const Words& words) {
  testing::internal::CaptureStdout();
  const auto options = parse_words(words);
  EXPECT_FALSE(options);
  return testing::internal::GetCapturedStdout();
}

TEST(InterceptOptions, HelpNamesEveryOption) {
  const std::string help = printed_for({"--help"});
  for (const char* option :
       {"-i,--device", "-F,--filter", "-p,--port", "-b,--bind", "-n,--max-records",
        "--disable-combined", "-l,--log", "-P,--pid-file", "-d,--daemon", "--statistics",
        "--config", "--print-config", "-v,--version"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
}

TEST(InterceptOptions, HelpFitsIntoEightyColumns) {
  const std::string help = printed_for({"--help"});
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = help.find('\n', at);
    EXPECT_LE(end - at, 80U) << help.substr(at, end - at);
    at = end + 1;
  }
}

TEST(InterceptOptions, TheVersionIsOneLine) {
  EXPECT_EQ(printed_for({"--version"}), std::string("intercept ") + kProgramVersion + "\n");
}

TEST(InterceptOptions, TheConfigurationIsPrintedUnderLongNames) {
  EXPECT_THAT(printed_for(needed({"-p", "1234", "--print-config"})),
              AllOf(HasSubstr("filter=\"tcp and src port 8080\"\n"), HasSubstr("port=1234\n")));
}

TEST(InterceptOptions, AConfigurationThatCannotBeUsedIsNotPrinted) {
  testing::internal::CaptureStdout();
  const ConfigFile file("filter = \"tcp\"\nbind = \"here\"\n");
  EXPECT_THAT(refusal([&] {
                parse_words({"--config", file.path(), "--print-config"});
              }),
              testing::StartsWith(file.path() + ":2: -b: 'here' is not an IPv4 address"));
  EXPECT_THAT(refusal([] { parse_words({"--print-config"}); }), HasSubstr("-F is missing"));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(InterceptOptions, WhatHasNoEffectIsNotPrinted) {
  const std::string printed = printed_for(needed({"--print-config"}));
  for (const char* nothing : {"s=", "million", "dnat"})
    EXPECT_EQ(printed.find(std::string("\n") + nothing), std::string::npos) << printed;
}

TEST(InterceptOptions, TheCaptureLeavesOutTheControlChannel) {
  EXPECT_EQ(capture_filter(parsed(), addresses({"10.0.0.40"})),
            "not (tcp and ((src host 10.0.0.40 and src port 36524) or "
            "(dst host 10.0.0.40 and dst port 36524))) and (tcp and src port 8080)");
}

TEST(InterceptOptions, TheControlChannelIsLeftOutOnEveryAddress) {
  const std::string filter =
      capture_filter(parsed({"-p", "1234"}), addresses({"127.0.0.1", "10.0.0.40"}));
  EXPECT_THAT(filter, HasSubstr("(src host 127.0.0.1 and src port 1234)"));
  EXPECT_THAT(filter, HasSubstr("(dst host 127.0.0.1 and dst port 1234)"));
  EXPECT_THAT(filter, HasSubstr("(src host 10.0.0.40 and src port 1234)"));
  EXPECT_THAT(filter, HasSubstr("(dst host 10.0.0.40 and dst port 1234)"));
  EXPECT_NO_THROW(runtime::check_filter("-F", filter));
}

TEST(InterceptOptions, AFilterWithOrStaysWhole) {
  const auto options = parse_words({"-F", "src port 8080 or src port 8081"});
  EXPECT_THAT(capture_filter(options.value(), addresses({"10.0.0.40"})),
              testing::EndsWith(" and (src port 8080 or src port 8081)"));
}

TEST(InterceptOptions, WithoutAddressesTheFilterIsTheUsers) {
  EXPECT_EQ(capture_filter(parsed(), {}), "tcp and src port 8080");
}

}  // namespace
}  // namespace tcpcopy::intercept_options
