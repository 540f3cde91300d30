// SPDX-License-Identifier: BSD-3-Clause
// How the target's responses come back, and how they are asked for: over links to intercepts, from
// devices of this host, or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/wire/message.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/report.hh"

namespace tcpcopy::returns {

class Returns : public RouteSink, public Announcer {
 public:
  /// Begins to bring responses.
  /// @param to outlives it.
  virtual void start(ResponseSink& to) = 0;

  /// Responses go there from now on. REQUIRES: start() was called.
  /// @param to outlives it.
  virtual void bring_to(ResponseSink& to) = 0;

  /// Whether a response could come now.
  virtual bool reachable() const = 0;

  enum class News : std::uint8_t {
    kNone,
    kReachable,  ///< a way came or went and there is one: sessions have to be announced again
    kLost,       ///< there is none any more
    kFailed,     ///< and there will be none; the log says why
  };
  /// What has happened since this was asked last.
  virtual News news() { return News::kNone; }

  /// To be called at the end of every wake-up, and of one at deadline().
  /// @param standing how it stands; asked again when responses were brought.
  virtual void end_wake_up(absl::FunctionRef<Standing()> /*standing*/, Instant /*now*/) {}
  virtual Instant deadline() const { return kNever; }

  /// Asks the intercepts, those that take questions, what they see of a connection.
  virtual void ask(const FlowKey& /*flow*/) {}
  struct Told {
    Endpoint intercept;
    wire::Tell tell;
  };
  /// What each has told of it last.
  virtual std::vector<Told> told(const FlowKey& /*flow*/) const { return {}; }

  /// Reads the key of links again, for those that are made from now on. Throws UsageError, and
  /// leaves it as it was.
  /// @param file empty: links in clear.
  virtual void read_key(const std::string& /*file*/) {}

  /// `2 of 2 links`; empty where there are none.
  virtual std::string describe() const { return {}; }

  virtual void report(Report& /*to*/) const {}
};

/// For what waits for no response.
class NoReturns : public Returns {
 public:
  void start(ResponseSink& /*to*/) override {}
  void bring_to(ResponseSink& /*to*/) override {}
  bool reachable() const override { return true; }
  bool announce(const FlowKey& /*flow*/) override { return true; }
  void flush() override {}
};

}  // namespace tcpcopy::returns
