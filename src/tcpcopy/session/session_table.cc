// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/session_table.hh"

#include <cassert>

namespace tcpcopy::session {

SessionTable::~SessionTable() {
  while (oldest_ != nullptr)
    erase(*oldest_);
}

Session* SessionTable::find_captured(const FlowKey& captured) const {
  const auto found = by_captured_.find(captured);
  return found == by_captured_.end() ? nullptr : *found;
}

Session* SessionTable::find_target(const FlowKey& target) const {
  const auto found = by_target_.find(target);
  return found == by_target_.end() ? nullptr : *found;
}

Session& SessionTable::insert(std::unique_ptr<Session> session) {
  Session* added = session.release();
  [[maybe_unused]] const bool captured_free = by_captured_.insert(added).second;
  [[maybe_unused]] const bool target_free = by_target_.insert(added).second;
  assert(captured_free && target_free);
  added->older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = added;
  newest_ = added;
  return *added;
}

void SessionTable::detach_captured(Session& session) {
  const auto found = by_captured_.find(session.captured());
  if (found != by_captured_.end() && *found == &session) by_captured_.erase(found);
}

void SessionTable::erase(Session& session) {
  detach_captured(session);
  by_target_.erase(session.target());
  (session.older == nullptr ? oldest_ : session.older->newer) = session.newer;
  (session.newer == nullptr ? newest_ : session.newer->older) = session.older;
  delete &session;
}

}  // namespace tcpcopy::session
