// SPDX-License-Identifier: BSD-3-Clause
// One connection of the target, with its character.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/garbling.hh"
#include "tests/sim/path.hh"
#include "tests/sim/reading.hh"
#include "tests/sim/stage.hh"
#include "tests/sim/stream_marks.hh"

namespace tcpcopy::sim {

class TargetConnection;

/// Who is told what the target reads.
class TargetWatcher {
 public:
  virtual ~TargetWatcher() = default;
  virtual void on_read(const TargetConnection& connection, const Reading::Stretch& stretch) = 0;
  /// A request came before the answer to one before it, although its client had waited for that.
  virtual void on_overtaken(const TargetConnection& connection) = 0;
};

/// What the connections of a target have together.
struct TargetLife {
  TargetWatcher* watcher = nullptr;
  int requests = 0;  ///< answered, or deliberately not
  Instant ended_at;  ///< the last thing that it did on its own
  std::map<const Client*, StreamMarks> read;
};

class TargetConnection {
 public:
  /// @param number of those that there were on these ports, from 0.
  TargetConnection(Stage& stage, const Packet& syn, std::uint32_t number, const Clients& clients,
                   Path& to_assistant, TargetLife& life);
  TargetConnection(const TargetConnection&) = delete;
  TargetConnection& operator=(const TargetConnection&) = delete;

  /// Answers the SYN, and does what the character does before anybody asks.
  void open(const Packet& syn);
  void on_packet(const Packet& packet);
  void abort() { tcp_.abort(); }

  const MiniTcp& tcp() const { return tcp_; }
  std::uint32_t number() const { return number_; }
  const Reading& reading() const { return reading_; }
  bool greets() const { return greets_; }
  /// When it last read or said something, or was made.
  Instant moved_at() const { return moved_at_; }

 private:
  MiniTcp::Events events(Path& to_assistant);
  void show_character();
  void stall_between(Duration from, Duration to);
  void push();
  void close_when_idle();
  void on_bytes(const std::string& bytes);
  void on_said(const std::string& bytes);
  void take_requests();
  bool overtakes(const Request& request) const;
  void on_client_closed();
  void think();
  void answer();
  void say(std::uint32_t online_length);
  void say_part(const std::string& rest, int parts);
  void end_by_itself() { life_.ended_at = stage_.now(); }

  Stage& stage_;
  TargetLife& life_;
  std::uint32_t number_;
  bool greets_;
  Ungarbler ungarbler_;
  Reading reading_;
  RequestReader reader_;
  Instant moved_at_;
  std::vector<Request> queue_;  // read, and not answered yet
  bool thinking_ = false;
  bool client_closed_ = false;
  bool blocked_ = false;     // kBlocking: while its answers are not taken
  int served_ = 0;           // kCloseAfter: answers
  int pushes_ = 0;           // kPushing
  std::uint64_t asked_ = 0;  // kIdleClose: how often something came
  MiniTcp tcp_;
};

}  // namespace tcpcopy::sim
