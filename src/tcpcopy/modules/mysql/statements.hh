// SPDX-License-Identifier: BSD-3-Clause
// Prepared statements of a connection, and which id of the target is meant by one of production.
//
// A server numbers the statements of a connection one after the other, failed ones too, but begins
// where the last connection of its thread ended. What number production began with shows when the
// client first uses an id: of all beginnings that are possible, those stay that every message so
// far agrees with, in which statements it uses and how many parameters these have. Where several
// stay, the one is taken by which the client uses what it prepared first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tcpcopy/segment.hh"

namespace tcpcopy::modules::mysql {

/// MariaDB's for the statement that was prepared last.
inline constexpr std::uint32_t kLastPrepared = 0xffffffff;

class Statements {
 public:
  struct Statement {
    std::vector<std::byte> text;      ///< none when it was too long to be kept
    std::optional<std::uint32_t> id;  ///< of the target
    std::uint16_t parameters = 0;
    bool answered = false;
  };

  /// @param joined the client may use what was prepared before.
  explicit Statements(bool joined = false) : joined_(joined) {}

  /// The client prepares one. @return its number, from 1.
  std::uint32_t prepare(Bytes text);
  /// The target has prepared it; or, without an id, has not.
  void on_answer(std::uint32_t number, std::optional<std::uint32_t> id, std::uint16_t parameters);
  /// A connection begins anew: nothing is prepared there.
  void forget_answers();

  /// What a message says of the statement that it uses.
  struct Use {
    std::uint32_t id = 0;
    bool executes = false;     ///< so what follows is known
    std::uint32_t length = 0;  ///< of the payload
  };
  /// Learns of a use, now or later in the stream. @return whether it is of a statement of this
  /// connection.
  bool learn(const Use& use);
  /// @return the statement; nothing when it cannot be told.
  std::optional<std::uint32_t> number_of(std::uint32_t id) const;
  const Statement* find(std::uint32_t number) const;
  void close(std::uint32_t number) { open_.erase(number); }

  /// Whether the target has answered all that was prepared.
  bool all_answered() const { return unanswered_ == 0; }
  const std::map<std::uint32_t, Statement>& open() const { return open_; }
  /// More than one beginning is possible.
  bool guessed() const { return bases_.size() > 1; }
  std::size_t memory() const;

  static constexpr std::size_t kMost = 65536;                       // open ones
  static constexpr std::size_t kLongestText = 65536;                // bytes of one that is kept
  static constexpr std::size_t kMostTexts = std::size_t{1} << 20U;  // bytes of all of them

 private:
  bool agrees(std::int64_t base, const Use& use) const;

  bool joined_;
  std::uint32_t prepared_ = 0;
  std::uint32_t unanswered_ = 0;
  std::int64_t floor_ = 0;           // joined: ids up to here were there before
  std::vector<std::int64_t> bases_;  // possible, the greatest first; none: nothing was used
  std::map<std::uint32_t, Statement> open_;
  std::size_t texts_ = 0;
};

}  // namespace tcpcopy::modules::mysql
