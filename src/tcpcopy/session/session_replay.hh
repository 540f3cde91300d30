// SPDX-License-Identifier: BSD-3-Clause
// The engine, with the ports that its output goes to.
#pragma once

#include <utility>

#include "tcpcopy/session/engine.hh"
#include "tcpcopy/session/ledger_report.hh"
#include "tcpcopy/session/limits.hh"
#include "tcpcopy/session/replay.hh"

namespace tcpcopy::session {

class SessionReplay : public Replay {
 public:
  /// @param out outlives it.
  SessionReplay(const Settings& settings, TargetRules rules, SourceAddresses addresses,
                Instant start, const Output& out)
      : engine_(settings, std::move(rules), std::move(addresses), start), out_(out) {}

  void on_segment(const ClientSegment& segment, const Endpoint& target, Instant now) override {
    engine_.on_client_segment(segment, target, now, out_);
  }
  void on_datagram(const Datagram&, const Endpoint&, Instant) override {}
  void on_response(const Response& response, Instant now) override {
    engine_.on_response(response, now, out_);
  }
  void on_deadline(Instant now) override { engine_.on_deadline(now, out_); }
  Instant next_deadline() const override { return engine_.next_deadline(); }
  void on_path_restored(Instant now) override { engine_.on_path_restored(now, out_); }
  void drain(Instant now) override { engine_.drain(now, out_); }
  Duration drain_time() const override { return kDrainTime; }
  void shut_down(Instant now) override { engine_.shut_down(now, out_); }
  Standing standing() const override {
    const Ledger& ledger = engine_.ledger();
    return {engine_.sessions(), engine_.unfinished(),   engine_.waiting(),
            ledger.held.bytes,  ledger.delivered.bytes, ledger.syns_sent,
            ledger.connections, ledger.bytes_sent,      ledger.segments_sent};
  }
  void set_mtu(std::uint16_t mtu) override { engine_.set_mtu(mtu); }
  std::uint64_t memory_use() const override { return engine_.memory_use(); }
  void set_max_memory(std::uint64_t bytes) override { engine_.set_max_memory(bytes); }
  std::size_t shed(std::uint64_t bytes, Instant now) override {
    return engine_.shed(bytes, now, out_);
  }
  std::optional<FlowKey> captured_flow(const FlowKey& target) const override {
    return engine_.captured_flow(target);
  }
  void report(Report& to) const override { session::report(engine_.ledger(), to); }

 private:
  Engine engine_;
  Output out_;
};

}  // namespace tcpcopy::session
