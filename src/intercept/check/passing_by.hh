// SPDX-License-Identifier: BSD-3-Clause
// Which answers of targets come to this host, by sight: SYN-ACKs for addresses that it does not
// have.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/pcap/pcap_capture.hh"
#include "common/runtime/event_loop.hh"
#include "tcpcopy/address.hh"

namespace tcpcopy::intercept_check {

class PassingBy {
 public:
  /// @param device a name, or `any`.
  /// @param filter libpcap's language.
  /// Throws UsageError or SystemError.
  PassingBy(runtime::EventLoop& loop, const std::string& device, const std::string& filter);

  /// By the target that sent them.
  const std::map<Endpoint, std::uint64_t>& answers() const { return answers_; }
  std::uint64_t packets() const { return packets_; }

 private:
  static constexpr std::size_t kMostTargets = 64;

  void read();

  pcap::PcapCapture capture_;
  std::vector<Address> own_;
  std::map<Endpoint, std::uint64_t> answers_;
  std::uint64_t packets_ = 0;
  runtime::Watch watch_;
};

}  // namespace tcpcopy::intercept_check
