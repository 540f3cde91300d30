// SPDX-License-Identifier: BSD-3-Clause
// Standard output for what is drawn again and again: nothing here waits for whoever reads it, or
// does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/runtime/unique_fd.hh"

namespace tcpcopy::runtime {

/// Text to standard output, whole or not at all.
class Output {
 public:
  Output();

  /// @return false, and the text is dropped, while what was offered before is not out.
  bool offer(std::string_view text);
  /// Texts that were dropped.
  std::uint64_t dropped() const { return dropped_; }
  /// Waits a moment for what is left.
  void finish();
  int fd() const { return fd_.get(); }

 private:
  bool push();

  UniqueFd fd_;
  bool of_its_own_ = false;  // a description that nobody shares: it can be non-blocking
  std::string left_;
  std::uint64_t dropped_ = 0;
};

/// The terminal as a page of its own, which goes when this is destroyed, or when a signal ends the
/// process. Keys show nothing meanwhile, and Ctrl-Z does not stop the process: that would cost
/// packets.
class Terminal {
 public:
  /// Whether standard output is a terminal that takes such pages.
  static bool there();

  /// REQUIRES: there().
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  Terminal(Terminal&&) = delete;
  Terminal& operator=(Terminal&&) = delete;

  struct Size {
    std::size_t columns;
    std::size_t rows;
  };
  Size size() const;
  /// @param page lines, no longer than columns() and no more than rows(); each ends in "\n".
  /// Dropped
  ///   while the terminal has not taken the one before.
  void show(std::string_view page);

 private:
  Output output_;
  std::size_t columns_ = 0;  // when it was shown last
  std::size_t rows_ = 0;
};

}  // namespace tcpcopy::runtime
