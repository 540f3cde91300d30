// SPDX-License-Identifier: BSD-3-Clause
// What a server of MySQL says, as packets of its protocol, of which the beginnings are there.
// Behind bytes that nobody has seen it is not known where a packet begins, until a new answer does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "tcpcopy/module.hh"
#include "tcpcopy/modules/mysql/messages.hh"

namespace tcpcopy::modules::mysql {

class Answers {
 public:
  /// @param head the beginning of the payload, as far as it was seen, up to kMostHead.
  using OnPacket = std::function<void(const Frame& frame, Bytes head)>;
  static constexpr std::size_t kMostHead = 2048;

  void feed(const ModuleAnswer& answer, const OnPacket& on_packet);

  /// Where packets begin is not known.
  bool lost() const { return lost_; }
  /// A packet begins with what is fed next.
  void begin() { *this = Answers(); }

 private:
  void take(Bytes bytes, const OnPacket& on_packet);
  void skip(std::uint64_t length, const OnPacket& on_packet);
  void end_packet(const OnPacket& on_packet);

  std::vector<std::byte> frame_;
  std::vector<std::byte> head_;
  bool head_seen_ = true;  // no byte of it is missing so far
  std::uint64_t left_ = 0;
  bool lost_ = false;
};

}  // namespace tcpcopy::modules::mysql
