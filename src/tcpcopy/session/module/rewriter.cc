// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/module/rewriter.hh"

#include <algorithm>
#include <array>

namespace tcpcopy::session {

void Rewriter::open(ClientOffset first, ReplayOffset at, bool whole) {
  first_ = first;
  edits_.open(first, at);
  answers_.clear();
  passing_ = 0;
  starved_at_.reset();
  look_ = kFirstShown;
  held_until_ = kNever;
  Script script;
  session_->on_open({static_cast<std::uint64_t>(first.value), whole}, script);
  insert_all(script);
}

void Rewriter::close() {
  edits_.release_to(edits_.written());
  answers_.clear();
  held_until_ = kNever;
}

// The client's next bytes, in one piece. @param memory for those that lie in several.
Bytes Rewriter::show(const ClientStream& client, std::vector<std::byte>& memory) const {
  const Chunk* chunk = client.find(edits_.read());
  if (chunk == nullptr) return {};
  const Bytes first =
      chunk->bytes().subspan(static_cast<std::size_t>(edits_.read() - chunk->begin()));
  if (first.size() >= look_) return first.first(look_);
  if (chunk->end() >= client.contiguous_end()) return first;
  std::array<Bytes, 64> pieces;
  while (memory.size() < look_) {
    const auto gathered = client.gather(edits_.read() + static_cast<std::int64_t>(memory.size()),
                                        static_cast<std::uint32_t>(look_ - memory.size()), pieces);
    if (gathered.length == 0) break;
    for (const Bytes piece : std::span(pieces).first(gathered.pieces))
      memory.insert(memory.end(), piece.begin(), piece.end());
  }
  return memory;
}

// What the module has dealt with before it came. @return whether there is more than that.
bool Rewriter::pass(ClientOffset available) {
  const std::int64_t there = available - edits_.read();
  if (passing_ > 0 && there > 0) {
    const std::uint64_t length = std::min(passing_, static_cast<std::uint64_t>(there));
    passing_ -= length;
    dropping_ ? edits_.drop(static_cast<std::int64_t>(length))
              : edits_.keep(static_cast<std::int64_t>(length));
  }
  return passing_ == 0 && edits_.read() < available;
}

void Rewriter::advance(const ClientStream& client, ClientOffset allowed, Instant now) {
  const ClientOffset available = client.contiguous_end();
  while (!failed_ && pass(available) && edits_.read() < allowed) {
    std::vector<std::byte> memory;
    const Bytes bytes = show(client, memory);
    const bool all = edits_.read() + static_cast<std::int64_t>(bytes.size()) == available;
    Script script;
    session_->on_client(
        {static_cast<std::uint64_t>(edits_.read().value), bytes, all && client.complete()}, script);
    apply(script, bytes.size());
    if (script.held()) {
      if (held_until_ == kNever || !script.edits().empty()) hold(now);
      return;
    }
    held_until_ = kNever;
    if (!script.edits().empty()) {
      look_ = kFirstShown;
      continue;
    }
    if (all) return wait_for_more(client, bytes.size());
    if (look_ >= kMostShown) return breach("took no message out of the longest that it is shown");
    look_ = std::min(look_ * 8, kMostShown);
  }
}

// The beginning of a message that never becomes whole goes as it is.
void Rewriter::wait_for_more(const ClientStream& client, std::size_t shown) {
  if (failed_) return;
  starved_at_ = client.contiguous_end();
  if (client.complete()) edits_.keep(static_cast<std::int64_t>(shown));
}

void Rewriter::apply(const Script& script, std::size_t shown) {
  if (script.failure()) return fail(*script.failure());
  for (const Script::Edit& edit : script.edits()) {
    if (failed_) return;
    apply(edit, shown);
  }
  if (edits_.memory() > kMostWritten) breach("writes more than the target takes");
}

void Rewriter::apply(const Script::Edit& edit, std::size_t& shown) {
  using What = Script::What;
  if (passing_ > 0) return breach("says more behind what has not come");
  if (edit.what == What::kInsert) return edits_.insert(edit.bytes);
  if (edit.length == 0) return breach("deals with no byte");
  const auto length = static_cast<std::int64_t>(std::min<std::uint64_t>(edit.length, shown));
  shown -= static_cast<std::size_t>(length);
  if (edit.what == What::kReplace) {
    if (edit.length != static_cast<std::uint64_t>(length)) {
      return breach("replaces what it was not shown");
    }
    return edits_.replace(length, edit.bytes);
  }
  dropping_ = edit.what == What::kDrop;
  passing_ = edit.length - static_cast<std::uint64_t>(length);
  dropping_ ? edits_.drop(length) : edits_.keep(length);
}

// Of calls that show nothing of the client.
void Rewriter::insert_all(const Script& script) {
  if (script.failure()) return fail(*script.failure());
  for (const Script::Edit& edit : script.edits()) {
    if (edit.what != Script::What::kInsert) return breach("edits what it was not shown");
    // In the middle of a message, that a later one may be gone on with.
    if (passing_ > 0) return breach("says something in the middle of a message");
    edits_.insert(edit.bytes);
  }
  if (edits_.memory() > kMostWritten) breach("writes more than the target takes");
}

void Rewriter::on_answer(TargetOffset at, std::uint32_t length, Bytes beginning, bool heard_all,
                         TargetOffset arrived, Instant now) {
  answers_.add(at, length, beginning, heard_all);
  while (!failed_) {
    const auto piece = answers_.next(arrived);
    if (!piece) return;
    if (held_until_ != kNever) hold(now);
    Script script;
    session_->on_target({static_cast<std::uint64_t>(piece->at.value), piece->length,
                         piece->beginning, piece->heard_all},
                        script);
    insert_all(script);
  }
}

void Rewriter::on_deadline(Instant now) {
  if (now >= held_until_) fail("the target has not said what the client's next message needs");
}

void Rewriter::breach(const std::string& what) {
  fail("the module breaks its contract: it " + what);
}

void Rewriter::fail(const std::string& why) {
  failed_ = true;
  held_until_ = kNever;
  module_->say(why);
}

}  // namespace tcpcopy::session
