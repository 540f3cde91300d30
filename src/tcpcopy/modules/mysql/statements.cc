// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/modules/mysql/statements.hh"

#include <algorithm>

namespace tcpcopy::modules::mysql {
namespace {

constexpr std::uint32_t kExecuteHead = 10;  // command, id, flags, how often

// Behind that: a bit for each parameter, whether their types follow, two bytes for each type,
// values.
bool length_agrees(std::uint32_t length, std::uint16_t parameters) {
  if (parameters == 0) return length == kExecuteHead;
  return length > kExecuteHead + (parameters + 7U) / 8U;
}

}  // namespace

std::uint32_t Statements::prepare(Bytes text) {
  Statement statement;
  if (text.size() <= kLongestText && texts_ + text.size() <= kMostTexts) {
    statement.text.assign(text.begin(), text.end());
    texts_ += text.size();
  }
  if (open_.size() < kMost) open_.emplace(prepared_ + 1, std::move(statement));
  ++unanswered_;
  return ++prepared_;
}

void Statements::on_answer(std::uint32_t number, std::optional<std::uint32_t> id,
                           std::uint16_t parameters) {
  const auto found = open_.find(number);
  if (unanswered_ > 0) --unanswered_;
  if (found == open_.end()) return;
  found->second.id = id;
  found->second.parameters = parameters;
  found->second.answered = true;
}

void Statements::forget_answers() {
  unanswered_ = 0;
  for (auto& [number, statement] : open_) {
    statement.id.reset();
    statement.answered = false;
  }
}

bool Statements::agrees(std::int64_t base, const Use& use) const {
  const std::int64_t number = std::int64_t{use.id} - base;
  if (base < floor_ || number < 1 || number > prepared_) return false;
  const Statement* statement = find(static_cast<std::uint32_t>(number));
  if (statement == nullptr) return false;
  return !use.executes || !statement->answered || !statement->id ||
         length_agrees(use.length, statement->parameters);
}

bool Statements::learn(const Use& use) {
  if (use.id == kLastPrepared) return true;
  if (joined_ && prepared_ == 0) {
    floor_ = std::max<std::int64_t>(floor_, use.id);
    return false;
  }
  if (joined_ && use.id <= floor_) return false;
  if (bases_.empty()) {
    for (std::uint32_t number = 1; number <= prepared_; ++number) {
      const std::int64_t base = std::int64_t{use.id} - number;
      if (agrees(base, use)) bases_.push_back(base);
      if (bases_.size() >= kMost) break;
    }
    return !bases_.empty();
  }
  std::vector<std::int64_t> left;
  std::copy_if(bases_.begin(), bases_.end(), std::back_inserter(left),
               [&](std::int64_t base) { return agrees(base, use); });
  if (left.empty()) return false;
  bases_ = std::move(left);
  return true;
}

std::optional<std::uint32_t> Statements::number_of(std::uint32_t id) const {
  if (id == kLastPrepared) return prepared_;
  if (bases_.empty()) return std::nullopt;
  const std::int64_t number = std::int64_t{id} - bases_.front();
  if (number < 1 || number > prepared_) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

const Statements::Statement* Statements::find(std::uint32_t number) const {
  const auto found = open_.find(number);
  return found == open_.end() ? nullptr : &found->second;
}

std::size_t Statements::memory() const {
  return texts_ + open_.size() * 96 + bases_.capacity() * sizeof(std::int64_t);
}

}  // namespace tcpcopy::modules::mysql
