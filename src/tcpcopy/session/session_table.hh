// SPDX-License-Identifier: BSD-3-Clause
// All sessions: found by the connection as captured, and by the connection as the target sees it.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/hash/hash.h"
#include "common/container/linear_hash_index.hh"
#include "tcpcopy/session/session.hh"

namespace tcpcopy::session {

/// A session in its places. What stands here is the table's, and the engine's; it is no business of
/// the session's.
struct SessionNode : Session {
  using Session::Session;

  // Whether the engine counts it as unfinished, and as one that waits for the target.
  bool counted_unfinished = false;
  bool counted_waiting = false;
  // The neighbours in the order of opening, and in the chains of the indexes.
  SessionNode* older = nullptr;
  SessionNode* newer = nullptr;
  SessionNode* next_by_source = nullptr;
  SessionNode* next_by_target = nullptr;
};

class SessionTable {
 public:
  SessionTable() = default;
  ~SessionTable();
  SessionTable(const SessionTable&) = delete;
  SessionTable& operator=(const SessionTable&) = delete;
  SessionTable(SessionTable&&) = delete;
  SessionTable& operator=(SessionTable&&) = delete;

  /// @return null when there is none.
  SessionNode* find_source(const SourceKey& source) const;
  SessionNode* find_target(const net::Ipv4Flow& target) const;

  /// REQUIRES: neither key is in the table.
  SessionNode& insert(std::unique_ptr<SessionNode> session);

  /// The session keeps running, but packets of its client are no longer its own: they belong to a
  /// new connection on the same ports.
  void detach_source(SessionNode& session);

  void erase(SessionNode& session);

  std::size_t size() const { return by_target_.size(); }
  /// The one that was opened last; the one before it is SessionNode::older.
  SessionNode* newest() const { return newest_; }

  /// The best of the next `sample` sessions, of which some call after call comes by.
  /// @param better whether the first goes before the second.
  /// REQUIRES: there is a session.
  template <typename Better>
  SessionNode& choose(std::size_t sample, Better better) {
    SessionNode* best = nullptr;
    for (std::size_t i = 0; i < sample; ++i) {
      if (hand_ == nullptr) hand_ = oldest_;
      if (best == nullptr || better(*hand_, *best)) best = hand_;
      hand_ = hand_->newer;
    }
    return *best;
  }

  /// Begins a walk over all sessions that are there now; one that was under way is given up.
  void begin_walk();
  /// @return the next session of the walk; null when all were visited. Between two calls sessions
  ///   may come and go.
  SessionNode* walk();
  bool walking() const { return walk_next_ != nullptr; }

 private:
  template <typename Key, const Key& (Session::*KeyOf)() const, SessionNode* SessionNode::*Next>
  struct Links {
    using Handle = SessionNode*;
    static constexpr SessionNode* kNone = nullptr;
    static Handle& next(Handle session) { return session->*Next; }
    static std::size_t hash(Handle session) { return hash_of((session->*KeyOf)()); }

    static std::size_t hash_of(const Key& key) { return absl::Hash<Key>()(key); }
    static SessionNode* find(const container::LinearHashIndex<Links>& index, const Key& key) {
      const auto matches = [&](const SessionNode* session) { return (session->*KeyOf)() == key; };
      return index.find(Links(), hash_of(key), matches);
    }
  };
  using SourceLinks = Links<SourceKey, &Session::source, &SessionNode::next_by_source>;
  using TargetLinks = Links<net::Ipv4Flow, &Session::target, &SessionNode::next_by_target>;

  container::LinearHashIndex<SourceLinks> by_source_;
  container::LinearHashIndex<TargetLinks> by_target_;  // owns
  SessionNode* oldest_ = nullptr;
  SessionNode* walk_next_ = nullptr;
  SessionNode* walk_last_ = nullptr;
  SessionNode* newest_ = nullptr;
  SessionNode* hand_ = nullptr;  // where choose() goes on; null: at the oldest
};

}  // namespace tcpcopy::session
