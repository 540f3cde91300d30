// SPDX-License-Identifier: BSD-3-Clause
#include "common/findings/finding.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace tcpcopy::findings {
namespace {

const Finding kBroken{Verdict::kFail, "the answer comes", "no \"SYN-ACK\"", kRouteMissing,
                      "on the target: ip route"};

TEST(Codes, AreNeverUsedTwice) {
  std::set<int> numbers;
  std::set<std::string_view> names;
  for (const Code& code : kCodes) {
    EXPECT_TRUE(numbers.insert(code.number).second) << code.number;
    EXPECT_TRUE(names.insert(code.name).second) << code.name;
  }
}

TEST(Finding, AsText) {
  EXPECT_EQ(to_text(kBroken, 9),
            "FAIL   9  the answer comes  [TC131 route-missing]\n"
            "         no \"SYN-ACK\"\n"
            "   mend: on the target: ip route\n"
            "   page: docs/check.md#tc131-route-missing");
  EXPECT_EQ(to_text({Verdict::kPass, "a route", "", {}, ""}, 10), "PASS  10  a route");
}

TEST(Finding, AsJson) {
  EXPECT_EQ(to_json(kBroken, 9),
            R"({"number":9,"verdict":"fail","hop":"the answer comes","detail":"no \"SYN-ACK\"",)"
            R"("code":"TC131","name":"route-missing","page":"docs/check.md#tc131-route-missing",)"
            R"("mend":"on the target: ip route"})");
  EXPECT_EQ(to_json({Verdict::kSkip, "a\tb", "", {}, ""}, 1),
            R"({"number":1,"verdict":"skip","hop":"a\u0009b","detail":""})");
}

TEST(Report, CountsAndTellsTheProcess) {
  Report report;
  report.add({Verdict::kPass, "one", "", {}, ""});
  report.add({Verdict::kWarn, "two", "", kNothingCaptured, ""});
  EXPECT_EQ(report.exit_status(), Report::kPasses);
  report.add({Verdict::kSkip, "three", "", {}, ""});
  EXPECT_EQ(report.exit_status(), Report::kNotTested);
  EXPECT_FALSE(report.broken());
  report.add(kBroken);
  EXPECT_TRUE(report.broken());
  EXPECT_EQ(report.exit_status(), Report::kBroken);
  EXPECT_EQ(report.summary(), "4 hops: 1 pass, 1 warn, 1 fail, 1 not tested");
}

TEST(Finding, AsALogLine) {
  EXPECT_EQ(to_log_line(kBroken),
            "[TC131 route-missing] this does not hold: the answer comes (no \"SYN-ACK\"); mend: on "
            "the target: ip route; page: docs/check.md#tc131-route-missing");
}

TEST(Report, SaysWhatWasAssumedAndLeftOut) {
  Report report;
  EXPECT_EQ(report.first_broken(), nullptr);
  report.add({Verdict::kPass, "one", "", {}, ""});
  report.add(kBroken);
  report.assume("a \"b\"");
  report.leave_out("c");
  report.show_elsewhere("the target", {"ss -ltn", "ip route"});
  EXPECT_EQ(report.first_broken()->code, kRouteMissing);
  EXPECT_THAT(to_string(report, false),
              testing::EndsWith("to look at on the target (these change nothing):\n   ss -ltn\n"
                                "   ip route\nassumed: a \"b\"\nnot tested: c\n"
                                "2 hops: 1 pass, 1 fail\n"));
  EXPECT_THAT(to_string(report, true),
              testing::EndsWith(
                  R"({"verdict":"look","host":"the target","commands":["ss -ltn","ip route"]})"
                  "\n"
                  R"({"verdict":"assumed","detail":"a \"b\""})"
                  "\n"
                  R"({"verdict":"not-tested","detail":"c"})"
                  "\n"));
}

}  // namespace
}  // namespace tcpcopy::findings
