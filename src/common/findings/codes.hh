// SPDX-License-Identifier: BSD-3-Clause
// What can be wrong on a packet's way, each with a number that is never used for anything else, a
// name, and a section of its own in docs/check.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tcpcopy::findings {

struct Code {
  std::uint16_t number = 0;  ///< 0: none
  std::string_view name;

  friend constexpr bool operator==(const Code&, const Code&) = default;
};

// This host.
inline constexpr Code kNotAllowed{101, "not-allowed"};
inline constexpr Code kNothingCaptured{102, "nothing-captured"};
inline constexpr Code kNoRouteToTarget{103, "no-route-to-target"};
inline constexpr Code kConntrackFull{104, "conntrack-full"};
inline constexpr Code kAddressIsTaken{105, "address-is-taken"};
inline constexpr Code kMtuTooLarge{106, "mtu-too-large"};
inline constexpr Code kOutputRefused{107, "output-refused"};
inline constexpr Code kSourceTranslated{108, "source-translated"};
inline constexpr Code kReversePathFilter{109, "reverse-path-filter"};
// The intercepts.
inline constexpr Code kInterceptRefuses{110, "intercept-refuses"};
inline constexpr Code kInterceptUnreachable{111, "intercept-unreachable"};
inline constexpr Code kInterceptCloses{112, "intercept-closes"};
// The target, as this host sees it.
inline constexpr Code kTargetNotListening{120, "target-not-listening"};
inline constexpr Code kTargetUnreachable{121, "target-unreachable"};
inline constexpr Code kTargetCloses{122, "target-closes"};
// The way of the replay.
inline constexpr Code kNothingComesBack{130, "nothing-comes-back"};
inline constexpr Code kRouteMissing{131, "route-missing"};
inline constexpr Code kTargetRefusesClients{132, "target-refuses-clients"};
inline constexpr Code kAnswersLeak{133, "answers-leak"};
// The assistant, as it sees itself.
inline constexpr Code kForwards{140, "forwards"};
inline constexpr Code kFilterMisses{141, "filter-misses"};
inline constexpr Code kNoAnswers{142, "no-answers"};

inline constexpr std::array kCodes = {
    kNotAllowed,           kNothingCaptured,
    kNoRouteToTarget,      kConntrackFull,
    kAddressIsTaken,       kMtuTooLarge,
    kOutputRefused,        kSourceTranslated,
    kReversePathFilter,    kInterceptRefuses,
    kInterceptUnreachable, kInterceptCloses,
    kTargetNotListening,   kTargetUnreachable,
    kTargetCloses,         kNothingComesBack,
    kRouteMissing,         kTargetRefusesClients,
    kAnswersLeak,          kForwards,
    kFilterMisses,         kNoAnswers,
};

/// `TC131 route-missing`.
inline std::string to_string(const Code& code) {
  return "TC" + std::to_string(code.number) + " " + std::string(code.name);
}

}  // namespace tcpcopy::findings
