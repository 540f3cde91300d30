// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tcpcopy/options/options.hh"
#include "tcpcopy/version.hh"
#include "tests/support/config_file.hh"
#include "tests/support/refusal.hh"
#include "tests/support/words.hh"

namespace tcpcopy::options {
namespace {

using namespace std::chrono_literals;
using test::ConfigFile;
using test::refusal;
using test::Words;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::optional<Options> parse_words(const Words& words) {
  return test::parse_words(parse, "tcpcopy", words);
}

/// The words with what is always needed.
Words needed(const Words& more = {}) {
  return test::joined({"-x", "80-10.0.0.30:8080", "-s", "10.0.0.40"}, more);
}

Options parsed(const Words& more = {}) { return parse_words(needed(more)).value(); }

std::string refused_with(const Words& more) {
  return refusal([&] { parse_words(needed(more)); });
}

/// What is printed instead of replaying anything.
std::string printed_for(const Words& words) {
  testing::internal::CaptureStdout();
  const auto options = parse_words(words);
  EXPECT_FALSE(options);
  return testing::internal::GetCapturedStdout();
}

TEST(TcpcopyOptions, Defaults) {
  const Options options = parsed();
  ASSERT_EQ(options.rules.size(), 1U);
  ASSERT_EQ(options.returns.intercepts.size(), 1U);
  EXPECT_EQ(options.returns.intercepts[0].to_string(), "10.0.0.40:36524");
  EXPECT_THAT(options.client_pool, IsEmpty());
  EXPECT_FALSE(options.loopback_as);
  EXPECT_EQ(options.capture.buffer_bytes, 16 << 20);
  EXPECT_EQ(options.returns.links_per_intercept, 2);
  EXPECT_FALSE(options.mtu);
  EXPECT_TRUE(options.returns.mode.combined);
  EXPECT_FALSE(options.returns.mode.with_payload);
  EXPECT_EQ(options.log_file, "");
  EXPECT_EQ(options.pid_file, "");
  EXPECT_FALSE(options.daemon);
  EXPECT_FALSE(options.exit_on_link_loss);
  EXPECT_EQ(options.statistics_seconds, 30);
  EXPECT_THAT(options.notes, IsEmpty());
}

TEST(TcpcopyOptions, DefaultSettings) {
  const session::Settings settings = parsed().settings;
  EXPECT_EQ(settings.made_up_mss, 1460);
  EXPECT_TRUE(settings.turn_order);
  EXPECT_FALSE(settings.only_from_start);
  EXPECT_FALSE(settings.rtt);
  EXPECT_EQ(settings.session_timeout, 600s);
  EXPECT_EQ(settings.idle_timeout, 24h);
  EXPECT_EQ(settings.max_lag, 0s);
}

TEST(TcpcopyOptions, ACommandLineOf1xWorks) {
  const auto options = parse_words(
      {"-x", "80-10.0.0.30:8080", "-s", "10.0.0.40", "-c", "62.135.200.x", "-d", "-C", "4"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->client_pool.size(), 254U);
  EXPECT_TRUE(options->daemon);
  EXPECT_EQ(options->returns.links_per_intercept, 4);
  EXPECT_EQ(options->log_file, "tcpcopy.log");  // a daemon has no standard error
}

TEST(TcpcopyOptions, TheLinkModesOf1xBuildsAreOptions) {
  const Options options = parsed({"--single", "--with-resp-payload", "--dnat"});
  EXPECT_TRUE(options.returns.single);
  EXPECT_TRUE(options.returns.mode.with_payload);
  EXPECT_TRUE(options.returns.mode.combined);
  EXPECT_THAT(options.notes, ElementsAre(AllOf(HasSubstr("--dnat"), HasSubstr("intercept, -D"))));
  EXPECT_FALSE(parsed().returns.single);
  EXPECT_FALSE(parsed().returns.mode.with_payload);
}

TEST(TcpcopyOptions, OptionsOf1xWithoutEffectAreAcceptedAndNoted) {
  const Options options = parsed({"-L", "-U", "65536", "--million"});
  EXPECT_THAT(options.notes, ElementsAre(AllOf(HasSubstr("-U"), HasSubstr("no effect")),
                                         AllOf(HasSubstr("--million"), HasSubstr("no effect"))));
}

TEST(TcpcopyOptions, ShortOnesAreUnderstood) {
  const Options options =
      parsed({"-O", "-W",         "-M", "1400",       "-R", "25",      "-t", "60",
              "-k", "90",         "-p", "1234",       "-m", "256",     "-B", "64",
              "-l", "/tmp/t.log", "-P", "/tmp/t.pid", "-H", "10.0.0.5"});
  EXPECT_TRUE(options.settings.only_from_start);
  EXPECT_FALSE(options.settings.turn_order);
  EXPECT_EQ(options.mtu, 1400);
  EXPECT_EQ(options.settings.rtt, 25ms);
  EXPECT_EQ(options.settings.session_timeout, 60s);
  EXPECT_EQ(options.settings.idle_timeout, 90s);
  EXPECT_EQ(options.returns.intercepts[0].port, 1234);
  EXPECT_EQ(options.settings.max_memory, std::uint64_t{256} << 20U);
  EXPECT_EQ(options.capture.buffer_bytes, 64 << 20);
  EXPECT_EQ(options.log_file, "/tmp/t.log");
  EXPECT_EQ(options.pid_file, "/tmp/t.pid");
  EXPECT_EQ(options.loopback_as, Address::parse_v4("10.0.0.5"));
  EXPECT_EQ(parsed({"-D", "1200"}).settings.made_up_mss, 1200);
}

TEST(TcpcopyOptions, HowMuchIsReplayed) {
  const auto settings = parsed({"-n", "3", "-f", "7", "-r", "25", "-g"}).settings;
  EXPECT_EQ(settings.copies, 3);
  EXPECT_EQ(settings.port_group, 7);
  EXPECT_EQ(settings.percent, 25);
  EXPECT_EQ(settings.ramp, 100s);
  EXPECT_EQ(parsed({"--ramp", "30"}).settings.ramp, 30s);
}

TEST(TcpcopyOptions, TheGreatestLagMayHaveAFraction) {
  EXPECT_EQ(parsed({"--max-lag", "1.5"}).settings.max_lag, 1500ms);
  EXPECT_EQ(parsed({"--max-lag", "0.001"}).settings.max_lag, 1ms);
  EXPECT_EQ(parsed({"--max-lag", "86400"}).settings.max_lag, 24h);
  const ConfigFile file("max-lag = 0.25\n");
  EXPECT_EQ(parsed({"--config", file.path()}).settings.max_lag, 250ms);
  for (const std::string value : {"0", "0.0009", "86401", "-1", "1s"}) {
    EXPECT_EQ(refused_with({"--max-lag=" + value}),
              "--max-lag: '" + value + "' is not a number of seconds from 0.001 to 86400");
  }
}

TEST(TcpcopyOptions, LongOnesAreUnderstood) {
  const auto options =
      parse_words({"--replay", "80-10.0.0.30:8080", "--intercept", "10.0.0.40", "--client-pool",
                   "10.9.0.1", "--links=3", "--disable-combined", "--exit-on-link-loss", "--daemon",
                   "--log", "here.log", "--statistics", "5", "--timeout", "10"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->client_pool.size(), 1U);
  EXPECT_EQ(options->returns.links_per_intercept, 3);
  EXPECT_FALSE(options->returns.mode.combined);
  EXPECT_TRUE(options->exit_on_link_loss);
  EXPECT_TRUE(options->daemon);
  EXPECT_EQ(options->log_file, "here.log");
  EXPECT_EQ(options->statistics_seconds, 5);
  EXPECT_EQ(options->settings.session_timeout, 10s);
  EXPECT_EQ(options->settings.idle_timeout, 24h);  // whatever -t says
}

TEST(TcpcopyOptions, WhatIsLoggedAndAsWhom) {
  const auto options = parse_words({"-x", "80-10.0.0.30:8080", "-s", "10.0.0.40", "--log-level",
                                    "debug", "--log-format", "json", "--debug-client",
                                    "10.0.0.77:40512", "--user", "12345", "--no-seccomp"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->log_level, spdlog::level::debug);
  EXPECT_EQ(options->log_format, runtime::LogFormat::kJson);
  EXPECT_EQ(options->debug_client->to_string(), "10.0.0.77:40512");
  EXPECT_EQ(options->user, "12345");
  EXPECT_TRUE(options->no_seccomp);
  EXPECT_THAT(options->configuration, HasSubstr("log-level=\"debug\"\n"));
  const auto refused = [](const char* option, const char* value) {
    return refusal([&] {
      parse_words({"-x", "80-10.0.0.30:8080", "-s", "10.0.0.40", option, value});
    });
  };
  EXPECT_THAT(refused("--log-level", "loud"), HasSubstr("accepted: debug, info, warn, error"));
  EXPECT_THAT(refused("--log-format", "xml"), HasSubstr("accepted: text, json"));
  EXPECT_THAT(refused("--debug-client", "10.0.0"), HasSubstr("--debug-client: '10.0.0'"));
  EXPECT_THAT(refused("--debug-client", "10.0.0.1:x"), HasSubstr("'x'"));
  EXPECT_THAT(refused("--user", "nobody-here"), HasSubstr("there is no user 'nobody-here'"));
}

TEST(TcpcopyOptions, WithoutRulesTheyAreRefused) {
  EXPECT_THAT(refusal([] {
                parse_words({"-s", "10.0.0.40"});
              }),
              AllOf(HasSubstr("-x is missing"), HasSubstr("tcpcopy -x 80-10.0.0.30:8080")));
  EXPECT_THAT(refusal([] { parse_words({}); }), HasSubstr("-x is missing"));
}

TEST(TcpcopyOptions, WithoutInterceptsTheyAreRefused) {
  EXPECT_THAT(refusal([] {
                parse_words({"-x", "80-10.0.0.30:8080"});
              }),
              AllOf(HasSubstr("-s is missing"), HasSubstr("-s 10.0.0.40")));
}

TEST(TcpcopyOptions, PortsOutOfRangeAreRefused) {
  for (const char* port : {"0", "70000"}) {
    const std::string quoted = std::string("'") + port + "' is not a number from 1 to 65535";
    EXPECT_THAT(refused_with({"-p", port}), AllOf(HasSubstr("-p"), HasSubstr(quoted)));
    const Words rule{"-x", std::string(port) + "-10.0.0.30:8080", "-s", "10.0.0.40"};
    EXPECT_THAT(refusal([&] { parse_words(rule); }), AllOf(HasSubstr("-x"), HasSubstr(quoted)));
  }
}

struct Range {
  std::string option;
  std::string below;
  std::string above;
  std::string accepted;
};

class TcpcopyNumber : public testing::TestWithParam<Range> {};

TEST_P(TcpcopyNumber, OutOfRangeIsRefused) {
  const Range& range = GetParam();
  for (const std::string& value : {range.below, range.above, std::string("many")}) {
    EXPECT_THAT(refused_with({range.option, value}),
                AllOf(HasSubstr(range.option), HasSubstr("'" + value + "'"),
                      HasSubstr("a number from " + range.accepted)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, TcpcopyNumber,
    testing::Values(
        Range{"-C", "0", "12", "1 to 11"}, Range{"-M", "127", "65536", "128 to 65535"},
        Range{"-D", "87", "65496", "88 to 65495"}, Range{"-R", "1.5", "10001", "0 to 10000"},
        Range{"-t", "0", "86401", "1 to 86400"}, Range{"-k", "0", "86401", "1 to 86400"},
        Range{"-m", "15", "1048577", "16 to 1048576"}, Range{"-n", "0", "1024", "1 to 1023"},
        Range{"-f", "-1", "1024", "0 to 1023"}, Range{"-r", "0", "101", "1 to 100"},
        Range{"--ramp", "0", "86401", "1 to 86400"}, Range{"-B", "0", "2048", "1 to 2047"},
        Range{"--statistics", "0", "86401", "1 to 86400"}),
    [](const auto& range) {
      std::string name = range.param.option;
      std::erase(name, '-');
      return name;
    });

struct Idle {
  std::string name;
  Words mode;  ///< beside -x, with the option that is to be refused last
  std::string refusal;
};

class TcpcopyWithoutEffect : public testing::TestWithParam<Idle> {};

TEST_P(TcpcopyWithoutEffect, IsRefused) {
  const Words words = test::joined({"-x", "80-10.0.0.30:8080"}, GetParam().mode);
  EXPECT_EQ(refusal([&] { parse_words(words); }), GetParam().refusal);
}

/// One case for each option, with its value, beside what makes it idle.
std::vector<Idle> idle_options() {
  const Words raw{"-s", "10.0.0.40"};
  const Words pcap = test::joined(raw, {"--capture", "pcap"});
  const Words file = test::joined(raw, {"--offline", "-i", "a.pcap"});
  const Words udp{"--udp"};
  const Words responses{"--responses", "eth1"};
  std::vector<Idle> cases;
  const auto add = [&](const char* mode, const Words& words, const Words& option,
                       const std::string& when) {
    std::string name = mode + option.front();
    std::erase(name, '-');
    cases.push_back({name, test::joined(words, option),
                     option.front() + " has no effect " + when + ": leave it out"});
  };
  for (const Words& option :
       std::vector<Words>{{"-a", "2"}, {"-I", "9"}, {"-T", "2"}, {"--fail-below", "9"}}) {
    add("Raw", raw, option, "without --capture file");
    add("Pcap", pcap, option, "without --capture file");
  }
  for (const Words& option : std::vector<Words>{{"-S", "96"}, {"--direction", "in"}}) {
    add("Raw", raw, option, "without --capture pcap");
    add("File", file, option, "without --capture pcap");
  }
  add("File", file, {"-B", "16"}, "with --capture file");
  add("FileMax", test::joined(file, {"-a", "max"}), {"-I", "9"}, "with -a max");
  for (const Words& option : std::vector<Words>{{"-O"},
                                                {"-W"},
                                                {"-D", "1460"},
                                                {"-R", "1"},
                                                {"-t", "600"},
                                                {"-k", "600"},
                                                {"--max-lag", "1"}}) {
    add("Udp", udp, option, "with --udp");
  }
  for (const Words& option : std::vector<Words>{{"-C", "2"},
                                                {"-p", "36524"},
                                                {"--disable-combined"},
                                                {"--with-resp-payload"},
                                                {"--single"},
                                                {"--key", "file"},
                                                {"--exit-on-link-loss"}}) {
    add("Udp", udp, option, "with --udp");
    add("Responses", responses, option, "with --responses");
  }
  add("FromStart", test::joined(raw, {"-O"}), {"-D", "1460"}, "with -O");
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Each, TcpcopyWithoutEffect, testing::ValuesIn(idle_options()),
                         [](const auto& idle) { return idle.param.name; });

TEST(TcpcopyOptions, OptionsThatContradictEachOtherAreRefused) {
  EXPECT_EQ(refused_with({"-g", "--ramp", "10"}),
            "-g and --ramp: give one of them; -g is --ramp 100");
  EXPECT_EQ(refused_with({"-L", "--exit-on-link-loss"}),
            "-L and --exit-on-link-loss: give one of them");
  EXPECT_EQ(refusal([] {
              parse_words({"-x", "80-10.0.0.30:8080@02:00:00:00:00:02", "-s", "10.0.0.40"});
            }),
            "-x: an address behind @ has no effect without --send link: leave it out");
}

TEST(TcpcopyOptions, WhatHasNoEffectIsNotPrinted) {
  const std::string printed = printed_for(needed({"--print-config"}));
  for (const char* idle : {"speed=", "passes=", "snap-length=", "direction="})
    EXPECT_THAT(printed, testing::Not(HasSubstr(idle)));
  const ConfigFile file(printed);
  EXPECT_EQ(printed_for({"--config", file.path(), "--print-config"}), printed);
}

TEST(TcpcopyOptions, AnUnknownOptionIsRefused) {
  EXPECT_THAT(refused_with({"--nonsense"}), AllOf(HasSubstr("--nonsense"), HasSubstr("--help")));
  EXPECT_THAT(refused_with({"stray"}), AllOf(HasSubstr("stray"), HasSubstr("--help")));
}

TEST(TcpcopyOptions, AnOptionWithoutItsValueIsRefused) {
  EXPECT_THAT(refused_with({"-c"}), AllOf(HasSubstr("--client-pool"), HasSubstr("--help")));
}

TEST(TcpcopyOptions, AHostNameForALoopbackClientIsRefused) {
  EXPECT_THAT(refused_with({"-H", "localhost"}),
              AllOf(HasSubstr("-H"), HasSubstr("'localhost'"), HasSubstr("an IPv4 address")));
}

TEST(TcpcopyOptions, AFileGivesWhatTheCommandLineDoesNot) {
  const ConfigFile file(
      "# a comment\n"
      "replay=80-10.0.0.30:8080\n"
      "intercept=10.0.0.40\n"
      "links=7\n"
      "statistics=5\n"
      "daemon=true\n");
  const auto options = parse_words({"--config", file.path(), "-C", "3"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->rules[0].target.to_string(), "10.0.0.30:8080");
  EXPECT_EQ(options->returns.intercepts[0].to_string(), "10.0.0.40:36524");
  EXPECT_EQ(options->returns.links_per_intercept, 3);  // the command line comes first
  EXPECT_EQ(options->statistics_seconds, 5);
  EXPECT_TRUE(options->daemon);
}

TEST(TcpcopyOptions, AFileMayHoldQuotedLists) {
  const ConfigFile file("replay=\"80-10.0.0.30:8080,81-10.0.0.31:8081\"\n");
  const auto options = parse_words({"--config", file.path(), "-s", "10.0.0.40"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->rules.size(), 2U);
}

TEST(TcpcopyOptions, AValueOfAFileIsJudgedLikeAnyOther) {
  const ConfigFile file("links=0\n");
  EXPECT_THAT(refused_with({"--config", file.path()}),
              AllOf(HasSubstr("-C"), HasSubstr("'0'"), HasSubstr("1 to 11")));
}

TEST(TcpcopyOptions, ARefusedValueOfAFileNamesFileAndLine) {
  const ConfigFile file(
      "# of the links\n"
      "\n"
      "links = 0   # too few\n");
  EXPECT_EQ(refused_with({"--config", file.path()}),
            file.path() + ":3: -C: '0' is not a number from 1 to 11");
  // What the command line says goes first: then the file is not to blame.
  EXPECT_EQ(refused_with({"--config", file.path(), "-C", "12"}),
            "-C: '12' is not a number from 1 to 11");
}

TEST(TcpcopyOptions, AMissingOptionIsNotTheFilesFault) {
  const ConfigFile file("replay=80-10.0.0.30:8080\n");
  EXPECT_THAT(refusal([&] {
                parse_words({"--config", file.path()});
              }),
              testing::StartsWith("-s is missing"));
}

TEST(TcpcopyOptions, ALineOfAFileThatCannotBeIsRefusedWithFileAndLine) {
  const auto refused = [](const std::string& line) {
    const ConfigFile file("statistics = 5\n" + line + "\n");
    const std::string text = refused_with({"--config", file.path()});
    EXPECT_EQ(text.find(file.path() + ":2: "), 0U) << text;
    return text.substr(file.path().size() + 4);
  };
  EXPECT_EQ(refused("nonsense = 1"),
            "'nonsense' is no option of this file (--help lists what is accepted)");
  EXPECT_THAT(refused("[tcpcopy]"), HasSubstr("is no option"));
  EXPECT_THAT(refused("print-config = true"), HasSubstr("is no option"));
  EXPECT_EQ(refused("daemon = perhaps"), "daemon: 'perhaps' is neither true nor false");
  EXPECT_EQ(refused("replay = \"80-10.0.0.30:8080"),
            "replay: the value does not end with its quote");
  EXPECT_EQ(refused("replay = \"80-10.0.0.30:8080\" 81"),
            "replay: the value does not end with its quote");
  EXPECT_EQ(refused("statistics = 6"), "statistics: line 1 gives it too");
}

TEST(TcpcopyOptions, QuotesKeepWhatWouldBeginAComment) {
  const ConfigFile file("log = \"a#b.log\"  # that is its name\npid-file = 'p\"q'\nudp\n");
  const auto options = parse_words({"--config", file.path(), "-x", "53-10.0.0.30:53"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->log_file, "a#b.log");
  EXPECT_EQ(options->pid_file, "p\"q");
  EXPECT_TRUE(options->capture.udp);
}

TEST(TcpcopyOptions, AFileThatIsNotThereIsRefused) {
  EXPECT_THAT(refused_with({"--config", "/no/such/file"}), HasSubstr("/no/such/file"));
}

TEST(TcpcopyOptions, HelpNamesEveryOption) {
  const std::string help = printed_for({"--help"});
  for (const char* option : {"-x,--replay",        "-s,--intercept",
                             "-c,--client-pool",   "-H,--loopback-as",
                             "-F,--filter",        "-O,--only-from-start",
                             "-W,--no-turn-order", "-M,--mtu",
                             "-D,--mss",           "-R,--rtt",
                             "-t,--timeout",       "-k,--idle-timeout",
                             "--max-lag",          "-C,--links",
                             "-p,--port",          "--key",
                             "--disable-combined", "--exit-on-link-loss",
                             "-m,--memory",        "-B,--capture-buffer",
                             "-l,--log",           "-P,--pid-file",
                             "-d,--daemon",        "--statistics",
                             "--config",           "--print-config",
                             "-v,--version"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
  EXPECT_EQ(printed_for({"-h"}), help);
}

TEST(TcpcopyOptions, TheTableHasWhatHelpLeavesOut) {
  const std::string table = printed_for({"--print-options"});
  EXPECT_THAT(table, testing::StartsWith("tcpcopy\t"));
  EXPECT_THAT(table, HasSubstr("\t-m --memory \tMB\t2048\tMB to take"));
  EXPECT_THAT(table, HasSubstr("\n\t-g --gradually \t\t\tThe same as --ramp 100\n"));
}

TEST(TcpcopyOptions, AKeyIsMadeByItself) {
  EXPECT_THAT(refused_with({"--make-key", "web-1"}), HasSubstr("--make-key stands alone"));
}

TEST(TcpcopyOptions, HelpFitsIntoEightyColumns) {
  const std::string help = printed_for({"--help"});
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = help.find('\n', at);
    EXPECT_LE(end - at, 80U) << help.substr(at, end - at);
    at = end + 1;
  }
}

TEST(TcpcopyOptions, TheVersionIsOneLine) {
  EXPECT_EQ(printed_for({"--version"}), std::string("tcpcopy ") + kProgramVersion + "\n");
  EXPECT_EQ(printed_for({"-v"}), printed_for({"--version"}));
}

TEST(TcpcopyOptions, TheConfigurationIsPrintedUnderLongNames) {
  EXPECT_THAT(printed_for(needed({"-C", "4", "--print-config"})),
              AllOf(HasSubstr("replay=\"80-10.0.0.30:8080\"\n"),
                    HasSubstr("intercept=\"10.0.0.40\"\n"), HasSubstr("links=4\n")));
}

TEST(TcpcopyOptions, AConfigurationThatCannotBeUsedIsNotPrinted) {
  const auto refused = [](const Words& words) {
    testing::internal::CaptureStdout();
    const std::string text = refusal([&] { parse_words(test::joined(words, {"--print-config"})); });
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    return text;
  };
  EXPECT_THAT(refused({}), HasSubstr("-x is missing"));
  EXPECT_THAT(refused(needed({"-m", "lots"})), HasSubstr("-m: 'lots' is not a number"));
  EXPECT_THAT(refused(needed({"-F", "tcp and gibberish"})), HasSubstr("syntax error"));
  EXPECT_THAT(refused(needed({"-F", "ether host 02:00:00:00:00:01"})), HasSubstr("-F 'ether host"));
  EXPECT_THAT(refused({"-x", "10.0.0.30:80-10.0.0.30:80", "-s", "10.0.0.40"}),
              HasSubstr("it cannot be an online server too"));
  const ConfigFile file("replay=\"garbage\"\n");
  EXPECT_THAT(refused({"--config", file.path(), "-s", "10.0.0.40"}),
              testing::StartsWith(file.path() + ":1: -x 'garbage': no '-'"));
}

TEST(TcpcopyOptions, TheConfigurationPrintedIsWhatWasGiven) {
  const std::string printed = printed_for(needed({"-F", "tcp", "--udp", "--print-config"}));
  for (const char* internal : {"lose-captured", "U=", "million", "dnat", "lonely", "pcap-send"})
    EXPECT_THAT(printed, testing::Not(HasSubstr(internal)));
  EXPECT_THAT(printed_for(needed({"--pcap-send", "--print-config"})),
              HasSubstr("pcap-send=true\n"));
  const ConfigFile file(printed);
  EXPECT_EQ(printed_for({"--config", file.path(), "--print-config"}), printed);
}

TEST(TcpcopyOptions, TheFilterIsMadeFromTheRules) {
  EXPECT_EQ(capture_filter(parsed()), "tcp and (dst port 80)");
  const auto options =
      parse_words({"-x", "80-10.0.0.30:8080,10.0.0.20:443-10.0.0.30:8443", "-s", "10.0.0.40"});
  EXPECT_EQ(capture_filter(options.value()),
            "tcp and (dst port 80 or (dst host 10.0.0.20 and dst port 443))");
}

TEST(TcpcopyOptions, AGivenFilterIsTakenAsItIs) {
  EXPECT_EQ(capture_filter(parsed({"-F", "tcp and dst port 80 and net 10"})),
            "tcp and dst port 80 and net 10");
}

TEST(TcpcopyOptions, ALoopbackTargetTakesLoopbackClientsOnly) {
  const Words words{"-x", "80-127.0.0.1:8080", "-s", "127.0.0.1"};
  const auto options = parse_words(words);
  ASSERT_TRUE(options);
  EXPECT_EQ(capture_filter(*options), "tcp and (dst port 80) and src net 127.0.0.0/8");
  // They can stay what they are.
  EXPECT_EQ(refusal([&] {
              parse_words(test::joined(words, {"-H", "10.0.0.5"}));
            }),
            "-H has no effect with a target on a loopback address: leave it out");
}

TEST(TcpcopyOptions, ATargetsAddressInThePoolIsTold) {
  EXPECT_THAT(parsed({"-c", "10.0.0.30,10.0.0.31"}).notes,
              ElementsAre("-c contains 10.0.0.30, a target's address: it is left out"));
  EXPECT_THAT(parsed({"-c", "10.0.0.31"}).notes, IsEmpty());
}

TEST(TcpcopyOptions, LosesCapturedPacketsForTestsAlone) {
  EXPECT_EQ(parsed().capture.lost, 0U);
  EXPECT_EQ(parsed({"--lose-captured", "100"}).capture.lost, 100U);
}

}  // namespace
}  // namespace tcpcopy::options
