// SPDX-License-Identifier: BSD-3-Clause
// All sessions: found by the connection as captured, and by the connection as the target sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/container/flat_hash_set.h"
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
  Session* find_target(const FlowKey& target) const;

  /// REQUIRES: neither key is in the table.
  Session& insert(std::unique_ptr<Session> session);

  /// The session keeps running, but packets of its client are no longer its own: they belong to a
  /// new connection on the same ports.
  void detach_source(Session& session);

  void erase(Session& session);

  std::size_t size() const { return by_target_.size(); }
  /// In the order of opening: walk with Session::newer, Session::older.
  Session* oldest() const { return oldest_; }
  Session* newest() const { return newest_; }

 private:
  template <typename Key, const Key& (Session::*KeyOf)() const>
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const { return absl::Hash<Key>()(key); }
    std::size_t operator()(const Session* session) const { return (*this)((session->*KeyOf)()); }
  };
  template <typename Key, const Key& (Session::*KeyOf)() const>
  struct Equal {
    using is_transparent = void;
    static const Key& key(const Key& key) { return key; }
    static const Key& key(const Session* session) { return (session->*KeyOf)(); }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return key(a) == key(b);
    }
  };
  template <typename Key, const Key& (Session::*KeyOf)() const>
  using Index = absl::flat_hash_set<Session*, Hash<Key, KeyOf>, Equal<Key, KeyOf>>;

  Index<SourceKey, &Session::source> by_source_;
  Index<FlowKey, &Session::target> by_target_;  // owns
  Session* oldest_ = nullptr;
  Session* newest_ = nullptr;
};

}  // namespace tcpcopy::session
