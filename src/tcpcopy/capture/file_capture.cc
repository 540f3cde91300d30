// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/file_capture.hh"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "common/runtime/errors.hh"
#include "tcpcopy/batch.hh"

namespace tcpcopy::capture {
namespace {

using namespace std::chrono_literals;

constexpr int kMaxRefused = 4096;     // packets that the filter refuses, before others have a turn
constexpr Duration kPipePause = 2ms;  // until a pipe is asked again
constexpr std::size_t kMaxFiles = 512;  // each takes a descriptor; the usual limit is 1024

double milliseconds(Duration time) { return static_cast<double>(time.count()) / 1e6; }

void log_damage(const pcap::PcapFile& file) {
  std::string where;
  if (file.size() > 0) where = fmt::format(", at byte {} of {}", file.position(), file.size());
  spdlog::warn("-i {}: cut or damaged behind packet {}{}: {}; what stands before it is replayed",
               file.path(), file.packets(), where, file.damage());
}

}  // namespace

FileCapture::FileCapture(const Settings& settings)
    : settings_(settings), pace_(settings_.speed, settings_.longest_gap) {
  if (settings_.sources.size() > kMaxFiles) {
    throw runtime::UsageError(
        fmt::format("-i: {} files given, at most {} are accepted; join them with mergecap",
                    settings_.sources.size(), kMaxFiles));
  }
  for (const std::string& path : settings_.sources)
    open(path);
}

void FileCapture::open(const std::string& path) {
  inputs_.push_back({std::make_unique<pcap::PcapFile>(path, settings_.filter), std::nullopt});
}

// Reads the next packet of a file that the filter lets pass.
void FileCapture::advance(Input& input) const {
  input.next.reset();
  for (int i = 0; i < kMaxRefused && !input.file->would_wait(); ++i) {
    input.next = input.file->next();
    if (input.next && !input.next->wanted) continue;
    if (!input.next) {
      input.ended = true;
      if (!input.file->damage().empty()) log_damage(*input.file);
      for (const auto& [type, packets] : input.file->left_out()) {
        spdlog::warn(
            "-i {}: {} packets are left out: frames of their link type ({}) cannot be read",
            input.file->path(), packets, type);
      }
    }
    return;
  }
  input.next.reset();
}

FileCapture::Outcome FileCapture::find_next(Instant now) {
  for (Input& input : inputs_) {
    if (!input.next && !input.ended) advance(input);
    if (!input.next && !input.ended) {
      next_due_ = now + kPipePause;
      return Outcome::kNoMore;
    }
    if (input.next && (next_ == nullptr || input.next->time < next_->next->time)) next_ = &input;
  }
  if (next_ == nullptr) {
    next_due_ = kNever;
    packets_.end();
    return Outcome::kEnded;
  }
  if (!first_time_) {
    first_time_ = next_->next->time;
    pace_.begin(now);
  }
  next_due_ = pace_.due(next_->next->time);
  return Outcome::kMore;
}

FileCapture::Outcome FileCapture::read(Instant now, Take take) {
  if (held_since_ != kNever) return Outcome::kNoMore;
  for (std::size_t i = 0; i < kBatch; ++i) {
    if (next_ == nullptr) {
      const Outcome found = find_next(now);
      if (found != Outcome::kMore) return found;
    }
    if (next_due_ > now) return Outcome::kNoMore;
    const pcap::PcapFile::Packet& read = *next_->next;
    ++counters().packets;
    last_time_ = std::max(last_time_, read.time);
    if (settings_.speed) lateness_.add(now - next_due_);
    if (const auto packet = packets_.add(read.packet, read.time)) take(*packet);
    next_->next.reset();
    next_ = nullptr;
  }
  return Outcome::kMore;
}

void FileCapture::hold_back(bool held, Instant now) {
  if (held == (held_since_ != kNever)) return;
  if (held) {
    held_since_ = now;
    return;
  }
  // Only the time by which the next packet is late because of this.
  const Instant since = std::max(held_since_, next_due_);
  held_since_ = kNever;
  if (next_ == nullptr || since >= now) return;
  pace_.delay(now - since);
  next_due_ += now - since;
}

// What has gone since the start is left out of this pass and of those that follow.
Passes::Next FileCapture::next_pass(Instant now) {
  if (pass_ == settings_.passes) return files_failed_ ? Next::kFailed : Next::kAllDone;
  inputs_.clear();
  next_ = nullptr;
  for (const std::string& path : settings_.sources) {
    try {
      open(path);
    } catch (const runtime::UsageError& error) {
      spdlog::error("{}; it is left out of pass {} of {}", error.what(), pass_ + 1,
                    settings_.passes);
      files_failed_ = true;
    }
  }
  if (inputs_.empty()) return Next::kFailed;
  ++pass_;
  next_due_ = now;
  first_time_.reset();
  last_time_ = Duration(0);
  return Next::kBegun;
}

Progress FileCapture::progress() const {
  Progress progress;
  progress.pass = pass_;
  progress.passes = settings_.passes;
  if (first_time_ && last_time_ > *first_time_) progress.time = last_time_ - *first_time_;
  double read = 0;
  double all = 0;
  for (const Input& input : inputs_) {
    read += static_cast<double>(input.file->position());
    all += static_cast<double>(input.file->size());
  }
  const bool sizes_known = std::all_of(inputs_.begin(), inputs_.end(),
                                       [](const Input& input) { return input.file->size() > 0; });
  if (sizes_known && all > 0) progress.share = (pass_ - 1 + read / all) / settings_.passes;
  return progress;
}

void FileCapture::log_summary() const {
  if (!settings_.speed) return;
  spdlog::info("packets were late by (ms): half of them up to {:.2f}, 99 % up to {:.2f}",
               milliseconds(lateness_.percentile(0.5)), milliseconds(lateness_.percentile(0.99)));
}

}  // namespace tcpcopy::capture
