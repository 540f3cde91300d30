// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/session_table.hh"

#include <cassert>

namespace tcpcopy::session {
namespace {

// Gives memory back behind a crowd of sessions: an index that is nearly empty is made again. It
// will have to grow by as much before this happens again, so the cost for each session is constant.
template <typename Index>
void shrink(Index& index) {
  constexpr std::size_t kKept = 1024;
  if (index.capacity() > kKept && index.size() < index.capacity() / 16) index.rehash(0);
}

}  // namespace

SessionTable::~SessionTable() {
  while (oldest_ != nullptr)
    erase(*oldest_);
}

Session* SessionTable::find_source(const SourceKey& source) const {
  const auto found = by_source_.find(source);
  return found == by_source_.end() ? nullptr : *found;
}

Session* SessionTable::find_target(const FlowKey& target) const {
  const auto found = by_target_.find(target);
  return found == by_target_.end() ? nullptr : *found;
}

Session& SessionTable::insert(std::unique_ptr<Session> session) {
  Session* added = session.release();
  [[maybe_unused]] const bool source_free = by_source_.insert(added).second;
  [[maybe_unused]] const bool target_free = by_target_.insert(added).second;
  assert(source_free && target_free);
  added->older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = added;
  newest_ = added;
  return *added;
}

void SessionTable::detach_source(Session& session) {
  const auto found = by_source_.find(session.source());
  if (found != by_source_.end() && *found == &session) by_source_.erase(found);
}

void SessionTable::erase(Session& session) {
  detach_source(session);
  by_target_.erase(session.target());
  shrink(by_source_);
  shrink(by_target_);
  (session.older == nullptr ? oldest_ : session.older->newer) = session.newer;
  (session.newer == nullptr ? newest_ : session.newer->older) = session.older;
  delete &session;
}

}  // namespace tcpcopy::session
