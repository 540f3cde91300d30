// SPDX-License-Identifier: BSD-3-Clause
// A module for the simulator: what clients say becomes longer, shorter, or stays, message by
// message, so that what the target reads can be made what it was. And the reader that does so.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tcpcopy/module.hh"

namespace tcpcopy::sim {

class Garbling : public Module {
 public:
  /// @param awaits_greeting the first message of a connection is held until the target has spoken.
  Garbling(std::uint64_t seed, bool awaits_greeting)
      : Module("garbling"), seed_(seed), awaits_greeting_(awaits_greeting) {}

  std::unique_ptr<ModuleSession> open_session() override;
  bool needs_answers() const override { return awaits_greeting_; }

 private:
  std::uint64_t seed_;
  bool awaits_greeting_;
};

/// Takes what a connection of the target reads.
class Ungarbler {
 public:
  /// @return what the client had said, as far as it can be told.
  std::string feed(const std::string& bytes);
  bool bad() const { return bad_; }

 private:
  bool begin_message(std::string& out);
  void take_body(std::string& out);

  std::string buffer_;
  std::size_t body_left_ = 0;
  std::size_t repeated_ = 1;  // how often each byte of the body stands there
  bool bad_ = false;
};

}  // namespace tcpcopy::sim
