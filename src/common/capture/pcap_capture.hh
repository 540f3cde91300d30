// SPDX-License-Identifier: BSD-3-Clause
// Captures packets from one device with libpcap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/net/capture_counters.hh"
#include "common/net/link_layer.hh"
#include "common/net/packet_parser.hh"

struct pcap;

namespace tcpcopy::capture {

class PcapCapture {
 public:
  /// Frames per call of read() at most.
  static constexpr int kBatch = 256;

  struct Settings {
    std::string option = "-i";  ///< that named the device, for errors
    std::string device;         ///< a name, or `any`
    std::string filter;         ///< libpcap's language
    int payload = 0;            ///< bytes of payload that are wanted behind the headers
    int buffer_bytes = 16 << 20;
  };

  /// Throws UsageError for a device or a filter that cannot be used, SystemError when the
  /// capability is missing.
  explicit PcapCapture(const Settings& settings);
  ~PcapCapture();
  PcapCapture(const PcapCapture&) = delete;
  PcapCapture& operator=(const PcapCapture&) = delete;
  PcapCapture(PcapCapture&&) = delete;
  PcapCapture& operator=(PcapCapture&&) = delete;

  int fd() const { return fd_; }
  const std::string& device() const { return device_; }

  /// Reads a batch and hands each packet on; malformed ones are counted and dropped.
  /// @param take called as take(const net::TcpPacket&), which lives until it returns.
  /// @return whether the device is still there; false once it has failed for good.
  template <typename Take>
  bool read(Take&& take) {
    return dispatch([](void* self, Bytes frame) { (*static_cast<Reader<Take>*>(self))(frame); },
                    Reader<Take>{*this, take});
  }

  /// Reads the kernel's drop counter.
  void update_counters();
  const net::CaptureCounters& counters() const { return counters_; }

 private:
  template <typename Take>
  struct Reader {
    PcapCapture& capture;
    Take& take;
    void operator()(Bytes frame) {
      const auto packet = net::parse_tcp_packet(net::strip_link_layer(capture.link_type_, frame),
                                                net::Extent::kHeaders);
      if (!packet) {
        ++capture.counters_.malformed[static_cast<std::size_t>(packet.error)];
        return;
      }
      take(packet.value);
    }
  };
  using OnFrame = void (*)(void* reader, Bytes frame);

  template <typename R>
  bool dispatch(OnFrame on_frame, R reader) {
    return dispatch_frames(on_frame, &reader);
  }
  bool dispatch_frames(OnFrame on_frame, void* reader);
  void activate(const Settings& settings);
  void set_filter(const std::string& filter);

  std::string device_;
  std::string named_;  // the device with its option, for errors
  pcap* pcap_ = nullptr;
  int fd_ = -1;
  net::LinkType link_type_ = net::LinkType::kEthernet;
  net::CaptureCounters counters_;
};

}  // namespace tcpcopy::capture
