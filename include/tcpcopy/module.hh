// SPDX-License-Identifier: BSD-3-Clause
// What a protocol module is: it reads what a client says, message by message, and says what the
// target is told instead. A login that answers a random challenge, an identifier that a server
// chose: what is right for the online server alone, a module makes right for the target.
//
// Sequence numbers, retransmissions, acks and turns are not its business, nor are packets: it reads
// a stream, in order, and each byte once on a connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tcpcopy/segment.hh"

namespace tcpcopy {

/// What becomes of the client's bytes, from the first that was not dealt with on.
class Script {
 public:
  enum class What : std::uint8_t { kKeep, kReplace, kInsert, kDrop };
  struct Edit {
    What what;
    std::uint64_t length;          ///< bytes of the client
    std::vector<std::byte> bytes;  ///< what is sent in their place
  };

  /// They are sent as they are. They may reach beyond what was shown: what follows is sent as it
  /// comes, without being shown.
  void keep(std::uint64_t length) { edits_.push_back({What::kKeep, length, {}}); }
  /// These are sent instead. REQUIRES: they were shown.
  void replace(std::uint64_t length, Bytes bytes) {
    edits_.push_back({What::kReplace, length, {bytes.begin(), bytes.end()}});
  }
  /// These are sent here, and stand for nothing of the client.
  void insert(Bytes bytes) { edits_.push_back({What::kInsert, 0, {bytes.begin(), bytes.end()}}); }
  /// They are not sent. They may reach beyond what was shown, as with keep().
  void drop(std::uint64_t length) { edits_.push_back({What::kDrop, length, {}}); }
  /// The rest waits until the target, or the client, has said something more.
  void hold() { held_ = true; }
  /// The session ends. @param reason for the log, where each text is said once.
  void fail(std::string reason) {
    if (!failure_) failure_ = std::move(reason);
  }

  const std::vector<Edit>& edits() const { return edits_; }
  bool held() const { return held_; }
  const std::optional<std::string>& failure() const { return failure_; }

 private:
  std::vector<Edit> edits_;
  bool held_ = false;
  std::optional<std::string> failure_;
};

/// How a connection to the target begins.
struct ModuleOpening {
  std::uint64_t at = 0;  ///< where in the client's stream: its first byte shown on this connection
  bool whole = false;    ///< with the first byte that the client said
};

/// Bytes of the client that were not dealt with.
struct ModuleInput {
  std::uint64_t at = 0;  ///< where in the client's stream they begin
  Bytes bytes;           ///< all that there is of them, or the beginning of that
  bool ended = false;    ///< the client says no more than this
};

/// What the target said next.
struct ModuleAnswer {
  std::uint64_t at = 0;      ///< where in what it says on this connection
  std::uint32_t length = 0;  ///< bytes; more of them may be missing than are there
  Bytes beginning;           ///< the first of them: of each packet so many as come back
  bool heard_all = false;    ///< the target had received all that was sent before it said that
};

/// A module's part of one session.
class ModuleSession {
 public:
  ModuleSession() = default;
  virtual ~ModuleSession() = default;
  ModuleSession(const ModuleSession&) = delete;
  ModuleSession& operator=(const ModuleSession&) = delete;
  ModuleSession(ModuleSession&&) = delete;
  ModuleSession& operator=(ModuleSession&&) = delete;

  /// A connection was opened: the first, or one that a session goes on with behind the target's
  /// close, or behind what capture has missed. What the target has to hear before it can be gone on
  /// with there (a preamble) is inserted now, or when the target has spoken.
  virtual void on_open(const ModuleOpening& opening, Script& out) = 0;

  /// The next message of the client may go: the module deals with it, whole. What it does not deal
  /// with, it is shown again when there is more of it.
  virtual void on_client(const ModuleInput& input, Script& out) = 0;

  /// The target has said something. Edits other than insert() are none of this call's.
  virtual void on_target(const ModuleAnswer& answer, Script& out) = 0;

  /// Whether a stream can be joined where these bytes begin, which the client said after it had
  /// seen something new.
  virtual bool may_join(Bytes beginning) const = 0;

  /// Bytes that it keeps.
  virtual std::size_t memory() const { return 0; }
};

/// A module as it was configured. It outlives its sessions.
class Module {
 public:
  explicit Module(std::string_view name) : name_(name) {}
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  Module(Module&&) = delete;
  Module& operator=(Module&&) = delete;

  virtual std::unique_ptr<ModuleSession> open_session() = 0;
  /// Whether it cannot do without the beginnings of what the target says.
  virtual bool needs_answers() const = 0;

  const std::string& name() const { return name_; }

  /// Something for the log. Each text is said once, and of very many texts the first.
  void say(const std::string& text) {
    if (said_.size() < kMostTexts && said_.insert(text).second) unsaid_.push_back(text);
  }
  /// What was said since the last call.
  std::vector<std::string> take_said() { return std::exchange(unsaid_, {}); }

 private:
  static constexpr std::size_t kMostTexts = 1000;

  std::string name_;
  std::set<std::string> said_;
  std::vector<std::string> unsaid_;
};

}  // namespace tcpcopy
