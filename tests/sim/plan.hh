// SPDX-License-Identifier: BSD-3-Clause
// What is to happen in a scenario: drawn from a seed, or written down by a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tcpcopy/time.hh"
#include "tests/sim/apps.hh"
#include "tests/sim/mini_tcp.hh"

namespace tcpcopy::sim {

/// The ways of packets. kCapture is the tap on the online server.
enum class PathId : std::uint8_t {
  kClientOnline,
  kOnlineClient,
  kCapture,
  kOnlineTarget,
  kTargetAssistant,
};
inline constexpr std::size_t kPaths = 5;

/// What a path does to packets, by chance.
struct Faults {
  double loss = 0;
  double duplication = 0;
  Duration delay = std::chrono::microseconds(100);
  Duration jitter{0};  ///< reorders what is sent closer together
};

/// How the target differs from the online server.
enum class Character : std::uint8_t {
  kPlain,
  kShorter,
  kLonger,
  kSlower,
  kFaster,
  kBursty,       ///< answers come in parts
  kEarly,        ///< answers before it has the whole request
  kPushing,      ///< says things nobody asked for
  kBlocking,     ///< reads nothing while its answers are not taken
  kNeverEvery,   ///< every nth request is not answered
  kSilent,       ///< no request is
  kCloseAfter,   ///< n answers
  kIdleClose,    ///< when nothing was asked for a while
  kResetEvery,   ///< every nth request is answered with RST
  kBusy,         ///< says so and closes
  kRefusing,     ///< answers SYN with RST
  kStopReading,  ///< for minutes, with its window at zero
  kReneging,     ///< drops what it had acknowledged selectively
};
/// Every request is answered in the end, and connections stay.
constexpr bool answers_all(Character character) { return character <= Character::kBlocking; }

struct Weather {
  bool calm = false;  ///< no faults: what goes wrong is the engine's fault
  Character character = Character::kPlain;
  int every = 0;               ///< kNeverEvery, kResetEvery, kCloseAfter: the n
  Duration pause{0};           ///< kBursty: between parts; kPushing; kIdleClose: the time
  int parts = 1;               ///< of an answer
  int response_percent = 100;  ///< of the online server's lengths, before response_delta
  Duration online_think{0};
  int flood = 0;        ///< SYNs of clients that do not exist
  bool forged = false;  ///< packets that neither client nor target sent
  bool two_links = false;
  std::uint16_t copies = 1;  ///< -n
  bool pool = false;         ///< -c
  Faults client_online;
  Faults online_client;
  Faults online_target;
  Faults target_assistant;
  double capture_loss = 0;
  Duration target_think{0};
  bool target_stalls = false;
  bool target_restarts = false;
  bool link_breaks = false;
  int response_delta = 0;  ///< how much longer the target's responses are than the online server's
  bool turn_order = true;
  bool module = false;  ///< a module changes the lengths of what clients say: never drawn
  Offers online_offers;
  Offers target_offers;
};

/// What happens to one packet of a path, by its number: 0 is the first.
struct Tampering {
  enum class Kind : std::uint8_t {
    kDrop,
    kDuplicate,
    kSwap,  ///< with the next one; late by a moment when none follows
  };
  PathId path = PathId::kCapture;
  std::uint64_t index = 0;
  Kind kind = Kind::kDrop;
};

struct ClientPlan {
  Duration starts_after{0};
  bool greeted = false;  ///< uses the port where the server speaks first, and waits for that
  Offers offers;
  std::vector<Act> script;
  bool reuses_ports = false;  ///< those of the client before, once that has ended
};

struct Plan {
  std::uint64_t seed = 1;  ///< of all that is left to chance while it runs
  Weather weather;
  /// Initial sequence numbers are drawn from [near - near_range, near].
  std::uint32_t near = 0x12345678;
  std::uint32_t near_range = 0;
  std::vector<ClientPlan> clients;
  std::vector<Tampering> tamperings;

  /// What is to happen to a packet of a path.
  std::optional<Tampering::Kind> tampering(PathId path, std::uint64_t index) const;
  /// Capture may miss packets.
  bool capture_misses() const;
};

/// The plan of a seed.
Plan draw_plan(std::uint64_t seed);

}  // namespace tcpcopy::sim
