// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/module/edits.hh"

#include <algorithm>
#include <utility>

namespace tcpcopy::session {

void Edits::open(ClientOffset read, ReplayOffset written) {
  runs_.clear();
  memory_ = 0;
  read_ = told_ = read;
  written_ = released_ = written;
}

void Edits::add(Run run) {
  read_ += run.read;
  written_ += run.written;
  if (run.written > 0) told_ = read_;
  memory_ += sizeof(Run) + run.bytes.size();
  runs_.push_back(std::move(run));
}

void Edits::keep(std::int64_t length) {
  if (length == 0) return;
  if (!runs_.empty() && runs_.back().kept) {
    runs_.back().read += length;
    runs_.back().written += length;
    read_ += length;
    written_ += length;
    told_ = read_;
    return;
  }
  add({read_, written_, length, length, true, {}});
}

void Edits::replace(std::int64_t length, std::vector<std::byte> bytes) {
  if (length == 0 && bytes.empty()) return;
  counts_.inserted += bytes.size();
  counts_.left_out += static_cast<std::uint64_t>(length);
  const auto written = static_cast<std::int64_t>(bytes.size());
  add({read_, written_, length, written, false, std::move(bytes)});
}

// Runs follow each other in both streams, so they are sorted by either.
Edits::Place Edits::first_ending_behind(ReplayOffset at) const {
  return std::upper_bound(runs_.begin(), runs_.end(), at,
                          [](ReplayOffset a, const Run& run) { return a < run.written_end(); });
}

ClientOffset Edits::to_client(ReplayOffset at) const {
  at = std::max(at, released_);
  const Place run = first_ending_behind(at);
  if (run == runs_.end()) return read_;
  return run->kept && at > run->to ? run->from + (at - run->to) : run->from;
}

ClientOffset Edits::heard(ReplayOffset at) const {
  const Place run = first_ending_behind(std::max(at, released_));
  const bool part = run != runs_.end() && !run->kept && run->read > 1 && at > run->to;
  return part ? run->from + 1 : to_client(at);
}

ReplayOffset Edits::to_replay(ClientOffset at) const {
  const auto run = std::upper_bound(runs_.begin(), runs_.end(), at,
                                    [](ClientOffset a, const Run& r) { return a < r.read_end(); });
  if (run == runs_.end()) return written_;
  return run->kept && at > run->from ? run->to + (at - run->from) : run->to;
}

ClientStream::Gathered Edits::gather(const ClientStream& client, ReplayOffset at,
                                     std::uint32_t length, std::span<Bytes> pieces) const {
  ClientStream::Gathered gathered;
  for (Place run = first_ending_behind(at);
       run != runs_.end() && gathered.length < length && gathered.pieces < pieces.size(); ++run) {
    const auto take = static_cast<std::uint32_t>(
        std::min<std::int64_t>(length - gathered.length, run->written_end() - at));
    if (take == 0) continue;
    const std::int64_t skip = at - run->to;
    if (run->kept) {
      const auto part = client.gather(run->from + skip, take, pieces.subspan(gathered.pieces));
      gathered.length += part.length;
      gathered.pieces += part.pieces;
      gathered.push = part.push;
      if (part.length < take) break;
    } else {
      pieces[gathered.pieces++] = Bytes(run->bytes).subspan(static_cast<std::size_t>(skip), take);
      gathered.length += take;
      gathered.push = at + take == run->written_end();
    }
    at += take;
  }
  return gathered;
}

void Edits::release_to(ReplayOffset at) {
  released_ = std::max(released_, at);
  while (!runs_.empty() && runs_.front().written_end() <= at) {
    memory_ -= sizeof(Run) + runs_.front().bytes.size();
    runs_.pop_front();
  }
}

Edits::Counts Edits::take_counts() { return std::exchange(counts_, {}); }

}  // namespace tcpcopy::session
