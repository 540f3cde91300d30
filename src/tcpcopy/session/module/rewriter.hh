// SPDX-License-Identifier: BSD-3-Clause
// A module at work on one session: shows it what the client and the target say, in order, does what
// it says, and ends what keeps to no contract. What it wrote stands in Edits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tcpcopy/module.hh"
#include "tcpcopy/session/client/client_stream.hh"
#include "tcpcopy/session/module/answer_order.hh"
#include "tcpcopy/session/module/edits.hh"
#include "tcpcopy/session/module/limits.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::session {

class Rewriter {
 public:
  /// @param module outlives it.
  explicit Rewriter(Module& module) : module_(&module), session_(module.open_session()) {}

  /// A connection to the target begins.
  /// @param first of the client's bytes on it. @param whole it is the first that the client said.
  void open(ClientOffset first, ReplayOffset at, bool whole);

  /// The connection is over: nothing is sent again.
  void close();

  /// Shows the module what the client said, up to `allowed`: a message that begins before that goes
  /// as a whole.
  void advance(const ClientStream& client, ClientOffset allowed, Instant now);

  /// A segment of the target. @param arrived of what it says, all before that has come.
  void on_answer(TargetOffset at, std::uint32_t length, Bytes beginning, bool heard_all,
                 TargetOffset arrived, Instant now);

  bool may_join(Bytes beginning) const { return session_->may_join(beginning); }

  const Edits& edits() const { return edits_; }
  /// Where in the client's stream the connection began.
  ClientOffset first() const { return first_; }
  /// The target has acknowledged what stands before.
  void release_to(ReplayOffset at) { edits_.release_to(at); }
  /// For the ledger: see Edits.
  Edits::Counts take_counts() { return edits_.take_counts(); }

  /// Whether the module waits for the rest of a message of which this is all that there is.
  bool starves(ClientOffset available) const {
    return starved_at_ && *starved_at_ == available && edits_.read() < available;
  }

  /// When a hold has lasted too long; kNever while there is none.
  Instant deadline() const { return held_until_; }
  /// To be called then.
  void on_deadline(Instant now);

  /// The session ends, and the module was told why.
  bool failed() const { return failed_; }

  std::size_t memory() const { return edits_.memory() + session_->memory(); }

 private:
  Bytes show(const ClientStream& client, std::vector<std::byte>& memory) const;
  void apply(const Script& script, std::size_t shown);
  void apply(const Script::Edit& edit, std::size_t& shown);
  void insert_all(const Script& script);
  bool pass(ClientOffset available);
  void wait_for_more(const ClientStream& client, std::size_t shown);
  void breach(const std::string& what);
  void fail(const std::string& why);
  void hold(Instant now) { held_until_ = now + kMaxModuleHold; }

  Module* module_;
  std::unique_ptr<ModuleSession> session_;
  Edits edits_;
  ClientOffset first_;
  AnswerOrder answers_;
  std::size_t look_ = 0;       // bytes that are shown of the next message
  std::uint64_t passing_ = 0;  // bytes of the client that are dealt with before they come
  MaybeOffset<space::Client> starved_at_;
  bool dropping_ = false;  // these are not sent
  bool failed_ = false;
  Instant held_until_ = kNever;
};

}  // namespace tcpcopy::session
