// SPDX-License-Identifier: BSD-3-Clause
// What a filter of libpcap would do with a packet, without any device.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tcpcopy/segment.hh"

struct bpf_program;

namespace tcpcopy::pcap {

class FilterCheck {
 public:
  /// @param filter libpcap's language.
  explicit FilterCheck(const std::string& filter);

  /// @param packet from its IP header on.
  /// @return whether the filter takes it; nothing where that depends on the device's frames.
  std::optional<bool> takes(Bytes packet) const;

 private:
  struct Free {
    void operator()(bpf_program* program) const;
  };
  std::unique_ptr<bpf_program, Free> program_;  // null: it cannot be told
};

}  // namespace tcpcopy::pcap
