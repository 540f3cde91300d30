// SPDX-License-Identifier: BSD-3-Clause
#include "common/findings/finding.hh"

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

}  // namespace
}  // namespace tcpcopy::findings
