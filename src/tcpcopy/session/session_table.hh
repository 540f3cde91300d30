// SPDX-License-Identifier: BSD-3-Clause
// All sessions: found by the connection as captured, and by the connection as the target sees it.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/hash/hash.h"
#include "common/container/linear_hash_index.hh"
#include "tcpcopy/session/session.hh"

namespace tcpcopy::session {

class SessionTable {
 public:
  SessionTable() = default;
  ~SessionTable();
  SessionTable(const SessionTable&) = delete;
  SessionTable& operator=(const SessionTable&) = delete;
  SessionTable(SessionTable&&) = delete;
  SessionTable& operator=(SessionTable&&) = delete;

  /// @return null when there is none.
  Session* find_source(const SourceKey& source) const;
  Session* find_target(const net::Ipv4Flow& target) const;

  /// REQUIRES: neither key is in the table.
  Session& insert(std::unique_ptr<Session> session);

  /// The session keeps running, but packets of its client are no longer its own: they belong to a
  /// new connection on the same ports.
  void detach_source(Session& session);

  void erase(Session& session);

  std::size_t size() const { return by_target_.size(); }
  /// The one that was opened last; the one before it is Session::older.
  Session* newest() const { return newest_; }

  /// The best of the next `sample` sessions, of which some call after call comes by.
  /// @param better whether the first goes before the second.
  /// REQUIRES: there is a session.
  template <typename Better>
  Session& choose(std::size_t sample, Better better) {
    Session* best = nullptr;
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
  Session* walk();
  bool walking() const { return walk_next_ != nullptr; }

 private:
  template <typename Key, const Key& (Session::*KeyOf)() const, Session* Session::*Next>
  struct Links {
    using Handle = Session*;
    static constexpr Session* kNone = nullptr;
    static Handle& next(Handle session) { return session->*Next; }
    static std::size_t hash(Handle session) { return hash_of((session->*KeyOf)()); }

    static std::size_t hash_of(const Key& key) { return absl::Hash<Key>()(key); }
    static Session* find(const container::LinearHashIndex<Links>& index, const Key& key) {
      const auto matches = [&](const Session* session) { return (session->*KeyOf)() == key; };
      return index.find(Links(), hash_of(key), matches);
    }
  };
  using SourceLinks = Links<SourceKey, &Session::source, &Session::next_by_source>;
  using TargetLinks = Links<net::Ipv4Flow, &Session::target, &Session::next_by_target>;

  container::LinearHashIndex<SourceLinks> by_source_;
  container::LinearHashIndex<TargetLinks> by_target_;  // owns
  Session* oldest_ = nullptr;
  Session* walk_next_ = nullptr;
  Session* walk_last_ = nullptr;
  Session* newest_ = nullptr;
  Session* hand_ = nullptr;  // where choose() goes on; null: at the oldest
};

}  // namespace tcpcopy::session
