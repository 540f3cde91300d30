// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/configuration_changes.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tcpcopy/logged.hh"

namespace tcpcopy::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Change = ConfigurationChange;

TEST(ConfigurationChanges, AreThoseOfLinesThatDiffer) {
  EXPECT_THAT(
      changes_between("a=1\nb=\"x=y\"\nc=3\n", "a=1\nb=\"x=z\"\nd=4\n"),
      ElementsAre(Change{"b", "\"x=y\"", "\"x=z\""}, Change{"d", "", "4"}, Change{"c", "3", ""}));
  EXPECT_THAT(changes_between("a=1\n", "a=1\n"), IsEmpty());
  EXPECT_THAT(changes_between("", ""), IsEmpty());
}

TEST(ConfigurationChanges, ALineSaysWhenEachHolds) {
  const auto lines = test::logged([] {
    log_changes({{"percent", "100", "50"}, {"mtu", "\"\"", "1400"}}, {"percent"});
  });
  EXPECT_THAT(lines, HasSubstr("percent: 50 in place of 100, from now on\n"));
  EXPECT_THAT(lines, HasSubstr("mtu: 1400 in place of nothing, when it is started again\n"));
  EXPECT_THAT(test::logged([] { log_changes({}, {}); }), HasSubstr("nothing has changed"));
}

}  // namespace
}  // namespace tcpcopy::runtime
