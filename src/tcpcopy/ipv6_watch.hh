// SPDX-License-Identifier: BSD-3-Clause
// Only IPv4 is replayed. Clients that come over IPv6 would be missing without a word, so the first
// packet of one is looked for, beside the way of the packets: then a warning, and no more.
#pragma once

#include <string>

#include "common/runtime/event_loop.hh"
#include "common/runtime/unique_fd.hh"
#include "tcpcopy/options/options.hh"

namespace tcpcopy::replayer {

class Ipv6Watch {
 public:
  /// Without the right, or without IPv6 in the kernel, there is no warning. With files there is
  /// nothing to watch. The loop must outlive it.
  Ipv6Watch(runtime::EventLoop& loop, const options::Options& options);
  ~Ipv6Watch() = default;
  Ipv6Watch(const Ipv6Watch&) = delete;
  Ipv6Watch& operator=(const Ipv6Watch&) = delete;
  Ipv6Watch(Ipv6Watch&&) = delete;
  Ipv6Watch& operator=(Ipv6Watch&&) = delete;

 private:
  void on_packet();
  void end();

  runtime::UniqueFd fd_;
  runtime::Watch watch_;
};

/// The packets that are looked for, in libpcap's language.
std::string ipv6_filter(const options::Options& options);

}  // namespace tcpcopy::replayer
