// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/session_table.hh"

#include <cassert>

namespace tcpcopy::session {
SessionTable::~SessionTable() {
  while (oldest_ != nullptr)
    erase(*oldest_);
}

SessionNode* SessionTable::find_source(const SourceKey& source) const {
  return SourceLinks::find(by_source_, source);
}

SessionNode* SessionTable::find_target(const net::Ipv4Flow& target) const {
  return TargetLinks::find(by_target_, target);
}

SessionNode& SessionTable::insert(std::unique_ptr<SessionNode> session) {
  assert(find_source(session->source()) == nullptr && find_target(session->target()) == nullptr);
  SessionNode* added = session.release();
  by_source_.insert(SourceLinks(), added);
  by_target_.insert(TargetLinks(), added);
  added->older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = added;
  newest_ = added;
  return *added;
}

void SessionTable::detach_source(SessionNode& session) {
  if (find_source(session.source()) == &session) by_source_.erase(SourceLinks(), &session);
}

void SessionTable::erase(SessionNode& session) {
  detach_source(session);
  by_target_.erase(TargetLinks(), &session);
  if (hand_ == &session) hand_ = session.newer;
  if (walk_next_ == &session) walk_next_ = &session == walk_last_ ? nullptr : session.newer;
  if (walk_last_ == &session) walk_last_ = session.older;
  (session.older == nullptr ? oldest_ : session.older->newer) = session.newer;
  (session.newer == nullptr ? newest_ : session.newer->older) = session.older;
  delete &session;
}

void SessionTable::begin_walk() {
  walk_next_ = oldest_;
  walk_last_ = newest_;
}

SessionNode* SessionTable::walk() {
  SessionNode* session = walk_next_;
  if (session != nullptr) walk_next_ = session == walk_last_ ? nullptr : session->newer;
  return session;
}

}  // namespace tcpcopy::session
