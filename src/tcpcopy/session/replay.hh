// SPDX-License-Identifier: BSD-3-Clause
// What becomes of the packets of clients: sessions of TCP, or datagrams. One of the two is made;
// what stands around it knows neither.
#pragma once

#include <cstdint>
#include <optional>

#include "tcpcopy/ports.hh"
#include "tcpcopy/report.hh"
#include "tcpcopy/session/observer.hh"

namespace tcpcopy::session {

class Replay : public ClientSink, public ResponseSink {
 public:
  /// To be called at next_deadline(), and at the end of every wake-up.
  virtual void on_deadline(Instant /*now*/) {}
  virtual Instant next_deadline() const { return kNever; }

  /// Responses can come (again): see Engine.
  virtual void on_path_restored(Instant /*now*/) {}

  /// Takes every client to have closed now; may be called again and again.
  virtual void drain(Instant /*now*/) {}
  /// So long after drain() at the end of a run shut_down() is due; zero when nothing takes time.
  virtual Duration drain_time() const { return Duration(0); }
  /// Ends what has not ended.
  virtual void shut_down(Instant /*now*/) {}

  virtual Standing standing() const { return {}; }

  /// @param mtu bytes of a packet to the targets.
  virtual void set_mtu(std::uint16_t /*mtu*/) {}

  /// @param percent of the connections that begin from now on.
  virtual void set_percent(std::uint8_t /*percent*/) {}

  /// @param observer is told of each session from now on, and outlives this; null: nobody is.
  virtual void observe(SessionObserver* /*observer*/) {}

  /// Bytes that sessions take and hold, and how many they may.
  virtual std::uint64_t memory_use() const { return 0; }
  virtual void set_max_memory(std::uint64_t /*bytes*/) {}
  /// Ends sessions until so many bytes are free. @return how many.
  virtual std::size_t shed(std::uint64_t /*bytes*/, Instant /*now*/) { return 0; }

  /// @return the captured connection that a connection to the target replays.
  virtual std::optional<FlowKey> captured_flow(const FlowKey& /*target*/) const {
    return std::nullopt;
  }

  /// @return the connection to a target of the session that was opened last.
  virtual std::optional<FlowKey> newest_connection() const { return std::nullopt; }

  virtual void report(Report& to) const = 0;
};

}  // namespace tcpcopy::session
