// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/probe/diagnosis.hh"

#include <gtest/gtest.h>

namespace tcpcopy::probe {
namespace {

using namespace findings;
using How = Connected::How;
using Answer = SynProbe::Answer;

const Address kClient = Address::v4(0x3e87c8fe);
const Address kAssistant = Address::v4(0x0a4d0028);
const Endpoint kTarget{Address::v4(0x0a4d001e), 8080};

// Everything is as it should be.
Way healthy() {
  Way way;
  way.target = kTarget;
  way.normal = {How::kAccepted, std::chrono::milliseconds(1)};
  way.client = {{kClient, 50001}, kTarget};
  way.clients = "62.135.200.0/24";
  way.probed.answer = Answer::kSynAck;
  way.probed.left_as = kClient;
  way.from_intercept = way.probed;
  way.intercept = kAssistant;
  way.leaving_is_seen = true;
  return way;
}

// The code of what is broken; of nothing: number 0.
Code broken(const Way& way) {
  Code code;
  for (const Finding& finding : diagnose(way)) {
    if (code.number != 0) {
      EXPECT_EQ(finding.verdict, Verdict::kSkip) << "behind what is broken";
    } else {
      code = finding.code;
      EXPECT_EQ(finding.verdict == Verdict::kFail, code.number != 0);
      EXPECT_EQ(finding.mend.empty(), code.number == 0);
    }
  }
  return code;
}

TEST(Diagnosis, NothingIsBroken) {
  EXPECT_EQ(broken(healthy()).number, 0);
  EXPECT_EQ(diagnose(healthy()).size(), 4U);
}

TEST(Diagnosis, TheTargetIsLookedAtFirst) {
  Way way = healthy();
  way.probed.answer = Answer::kNone;
  way.normal.how = How::kRefused;
  EXPECT_EQ(broken(way), kTargetNotListening);
  way.normal.how = How::kTimeout;
  EXPECT_EQ(broken(way), kTargetUnreachable);
  way.normal.how = How::kUnreachable;
  EXPECT_EQ(broken(way), kTargetUnreachable);
  way.normal.how = How::kClosed;  // a busy one is there
  way.probed.answer = Answer::kSynAck;
  EXPECT_EQ(broken(way).number, 0);
}

TEST(Diagnosis, WhatDoesNotLeaveCannotArrive) {
  Way way = healthy();
  way.probed.left_as.reset();
  EXPECT_EQ(broken(way), kOutputRefused);
  way.probed.left_as = Address::v4(0x0a4d0014);
  EXPECT_EQ(broken(way), kSourceTranslated);
  way.refused = "not-permitted:3";
  EXPECT_EQ(broken(way), kOutputRefused);
  way = healthy();
  way.leaving_is_seen = false;
  EXPECT_EQ(diagnose(way)[1].verdict, Verdict::kSkip);
  EXPECT_EQ(diagnose(way)[2].verdict, Verdict::kPass) << "that is no reason to stop";
}

TEST(Diagnosis, TheAssistantsOwnAddressTellsRouteFromWay) {
  Way way = healthy();
  way.probed.answer = Answer::kNone;
  EXPECT_EQ(broken(way), kRouteMissing);
  EXPECT_NE(diagnose(way)[2].mend.find("ip route replace 62.135.200.0/24 via 10.77.0.40"),
            std::string::npos);
  way.from_intercept->answer = Answer::kNone;
  EXPECT_EQ(broken(way), kNothingComesBack);
  way.from_intercept.reset();
  way.intercept.reset();
  EXPECT_EQ(broken(way), kNothingComesBack);
}

// Nothing comes back, and that is all that can be seen from here.
Way silent() {
  Way way = healthy();
  way.probed.answer = Answer::kNone;
  way.from_intercept->answer = Answer::kNone;
  return way;
}

TEST(Diagnosis, WhatInterceptSeesTellsItsFilterFromTheWay) {
  Way way = silent();
  way.sight = Sight{0, 0, true, false};
  way.sight_from_intercept = way.sight;
  EXPECT_EQ(broken(way), kNothingComesBack);
  EXPECT_NE(diagnose(way)[2].detail.find("dropped on the way"), std::string::npos);
  way.sight->came = 2;  // and it is not captured
  EXPECT_EQ(broken(way), kFilterMisses);
  EXPECT_NE(diagnose(way)[2].mend.find("intercept -i any -F 'tcp and src host 10.77.0.30"),
            std::string::npos);
  way.sight->takes = false;
  EXPECT_EQ(diagnose(way)[2].mend.find("-i any"), std::string::npos) << "-i is not to blame";
  way.sight = Sight{0, {}, false, {}};  // it can say no more than that
  EXPECT_EQ(broken(way), kFilterMisses);
  way.sight = Sight{0, {}, {}, {}};
  EXPECT_EQ(broken(way), kNothingComesBack);
  EXPECT_EQ(diagnose(way)[2].detail.find("dropped on the way"), std::string::npos)
      << "nobody knows that";
  way.sight = Sight{3, 3, true, false};  // it has captured them: they are lost behind it
  EXPECT_EQ(broken(way), kNothingComesBack);
}

TEST(Diagnosis, ARouteThatIsMissingIsStillThat) {
  Way way = healthy();
  way.probed.answer = Answer::kNone;
  way.sight = Sight{0, 0, true, false};
  way.sight_from_intercept = Sight{1, 1, true, false};
  EXPECT_EQ(broken(way), kRouteMissing);
}

TEST(Diagnosis, WhoLeaksIsKnownWhereInterceptTells) {
  Way way = healthy();
  way.probed.reset_when_acknowledged = true;
  way.sight = Sight{1, 1, true, true};
  EXPECT_EQ(broken(way), kForwards);
  way.sight->forwards = false;
  EXPECT_EQ(broken(way), kAnswersLeak);
  EXPECT_EQ(diagnose(way)[3].mend.find("ip_forward"), std::string::npos);
}

TEST(Diagnosis, ARefusalOfClientsAlone) {
  Way way = healthy();
  way.probed.answer = Answer::kReset;
  EXPECT_EQ(broken(way), kTargetRefusesClients);
}

TEST(Diagnosis, AnAnswerThatGoesOnLeaks) {
  Way way = healthy();
  way.probed.reset_when_acknowledged = true;
  EXPECT_EQ(broken(way), kAnswersLeak);
}

TEST(Diagnosis, ATargetThatTurnsThisHostAway) {
  Way way = healthy();
  way.normal.how = How::kClosed;
  way.probed.reset_when_acknowledged = true;  // for the same reason
  EXPECT_EQ(broken(way), kTargetCloses);
}

TEST(Diagnosis, WhatToLookAtOnTheTarget) {
  const auto commands = looks_at_target(healthy());
  EXPECT_EQ(commands.front(), "ip route get 62.135.200.254");
  EXPECT_EQ(commands.back(),
            "timeout 10 tcpdump -nc 20 -i any 'tcp port 8080 and host 62.135.200.254'");
}

TEST(Diagnosis, OfALink) {
  const Endpoint intercept{kAssistant, 36524};
  EXPECT_EQ(judge_intercept(intercept, {How::kAccepted, Duration(0)}).verdict, Verdict::kPass);
  EXPECT_EQ(judge_intercept(intercept, {How::kRefused, Duration(0)}).code, kInterceptRefuses);
  EXPECT_EQ(judge_intercept(intercept, {How::kClosed, Duration(0)}).code, kInterceptCloses);
  EXPECT_EQ(judge_intercept(intercept, {How::kTimeout, Duration(0)}).code, kInterceptUnreachable);
}

}  // namespace
}  // namespace tcpcopy::probe
