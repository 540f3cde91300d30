// SPDX-License-Identifier: BSD-3-Clause
// Captures the packets of clients on the online server with a raw IP socket.
//
// Such a socket sees what the host receives and nothing that it sends, behind the kernel's
// reassembly of fragments and its GRO. The filter runs in the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/net/capture_counters.hh"
#include "common/net/packet_parser.hh"
#include "common/runtime/unique_fd.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::capture {

class RawCapture {
 public:
  /// Packets per call of read() at most, so that a flood of packets starves nobody.
  static constexpr std::size_t kBatch = 64;

  /// @param filter libpcap's language.
  /// @param buffer_bytes of the socket.
  /// Throws SystemError, which says how to grant CAP_NET_RAW when that is missing, or UsageError
  /// when the filter is refused.
  RawCapture(const std::string& filter, int buffer_bytes);
  ~RawCapture();
  RawCapture(const RawCapture&) = delete;
  RawCapture& operator=(const RawCapture&) = delete;
  RawCapture(RawCapture&&) = delete;
  RawCapture& operator=(RawCapture&&) = delete;

  int fd() const { return fd_.get(); }

  /// Reads a batch and hands each segment on; malformed packets are counted and dropped.
  /// @param take called as take(const ClientSegment&); the payload lives until it returns.
  /// @return whether there may be more.
  template <typename Take>
  bool read(Take&& take) {
    const std::size_t count = receive();
    for (std::size_t i = 0; i < count; ++i) {
      const auto packet = net::parse_tcp_packet(received(i), net::Extent::kWhole);
      if (!packet) {
        ++counters_.malformed[static_cast<std::size_t>(packet.error)];
        continue;
      }
      take(net::to_segment<ClientSegment>(packet.value.ip, packet.value.tcp,
                                          packet.value.payload_length, packet.value.payload));
    }
    return count == kBatch;
  }

  const net::CaptureCounters& counters() const { return counters_; }

 private:
  struct Batch;

  std::size_t receive();
  Bytes received(std::size_t index) const;

  runtime::UniqueFd fd_;
  std::unique_ptr<Batch> batch_;
  net::CaptureCounters counters_;
};

}  // namespace tcpcopy::capture
