// SPDX-License-Identifier: BSD-3-Clause
// From what the probes of one target met with to what is wrong, and where. The table is in
// docs/check.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/findings/finding.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/probe/syn_probe.hh"

namespace tcpcopy::probe {

using findings::Finding;

/// How a connection that this host opens as any program does has fared.
struct Connected {
  enum class How : std::uint8_t {
    kAccepted,
    kRefused,
    kTimeout,
    kUnreachable,  ///< the kernel or a router says so
    kClosed,       ///< it was accepted, and closed at once
  };
  How how = How::kTimeout;
  Duration took{0};
};

/// What an intercept has told of a probe, from version 7 of the channel on. Nothing: it cannot
/// tell.
struct Sight {
  std::uint32_t captured = 0;           ///< answers, by its own capture
  std::optional<std::uint32_t> came{};  ///< answers that came to its host, at any device
  std::optional<bool> takes{};          ///< its filter takes one
  std::optional<bool> forwards{};       ///< its host forwards
};

/// The replay's way to one target and back, as the probes found it.
struct Way {
  Endpoint target;
  Connected normal;         ///< a connection of this host to it
  FlowKey client;           ///< the SYN's that stands for a client's
  SynProbe::Result probed;  ///< what became of it
  std::string clients;      ///< the network that clients' addresses are of, for a route
  /// The same from the intercept's own address, to which the target needs no route. Nothing where
  /// there is no such address.
  std::optional<SynProbe::Result> from_intercept;
  std::optional<Address> intercept;
  std::optional<Sight> sight{};                 ///< of the SYN that stands for a client's
  std::optional<Sight> sight_from_intercept{};  ///< and of the other
  bool leaving_is_seen = false;                 ///< what leaves this host was watched
  std::optional<std::string> refused;           ///< why the kernel took a SYN not, in its words
};

/// One finding for each hop, in the packet's order. Behind the first that is broken nothing is
/// tested.
std::vector<Finding> diagnose(const Way& way);

/// The finding on a hop that is not tested, because one before it is broken.
Finding skipped(std::string hop);

/// Commands that show on the target what cannot be seen from here. They change nothing.
std::vector<std::string> looks_at_target(const Way& way);

/// What became of a link to an intercept.
Finding judge_intercept(const Endpoint& intercept, const Connected& link);

}  // namespace tcpcopy::probe
