// SPDX-License-Identifier: BSD-3-Clause
// Captures packets from one device with libpcap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/net/capture_counters.hh"
#include "common/net/link_layer.hh"
#include "common/net/packet_parser.hh"
#include "common/net/tunnel.hh"
#include "common/pcap/settings.hh"
#include "tcpcopy/time.hh"

struct pcap;

namespace tcpcopy::pcap {

class PcapCapture {
 public:
  /// The largest IPv4 header and TCP header with all their options.
  static constexpr int kHeaderBytes = 60 + 60;

  /// How the kernel hands frames over.
  enum class Delivery : std::uint8_t {
    kAtOnce,  ///< one by one, each in a slot of the same size: for headers that somebody waits for
    kBlocks,  ///< in blocks, at the latest after a millisecond: for all sizes of packets
  };

  struct Settings {
    std::string option = "-i";  ///< that named the device, for errors
    std::string device;         ///< a name, or `any`
    std::string filter;         ///< libpcap's language
    /// The filter holds for what stands inside of VLAN tags too, where the device has any.
    bool tagged_too = false;
    bool fragments_too = false;       ///< and those that no filter for ports lets pass
    int packet_bytes = kHeaderBytes;  ///< captured of each packet, without the link layer
    int buffer_bytes = 16 << 20;
    int batch = 256;  ///< frames per call of read() at most
    bool promiscuous = false;
    Direction direction = Direction::kBoth;
    Delivery delivery = Delivery::kAtOnce;
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
  /// @param take called as take(net::TcpPacket&, Duration time), since 1970. The packet lives until
  ///   it returns.
  /// @return frames read; negative when the device has failed for good.
  template <typename Take>
  int read(Take&& take) {
    Reader<Take> reader{*this, take};
    return dispatch_frames(
        [](void* self, const Frame& frame) { (*static_cast<Reader<Take>*>(self))(frame); },
        &reader);
  }

  /// Reads a batch and hands on what each frame holds, tunnels taken off.
  /// @param take called as take(const net::CapturedPacket&, Duration time), since 1970.
  /// @return frames read; negative when the device has failed for good.
  template <typename Take>
  int read_packets(Take&& take) {
    PacketReader<Take> reader{link_type_, take};
    return dispatch_frames(
        [](void* self, const Frame& frame) { (*static_cast<PacketReader<Take>*>(self))(frame); },
        &reader);
  }

  /// Reads the kernel's drop counter.
  void update_counters();
  const net::CaptureCounters& counters() const { return counters_; }

 private:
  struct Frame {
    Bytes bytes;
    std::size_t missing;  // bytes that it had behind them
    Duration time;        // since 1970
  };
  struct Frames;
  template <typename Take>
  struct Reader {
    PcapCapture& capture;
    Take& take;
    void operator()(const Frame& frame) {
      const auto found = net::decapsulate(capture.link_type_, frame.bytes, frame.missing);
      if (found.error != net::ParseError::kNone) {
        ++capture.counters_.of(found.error);
        return;
      }
      auto packet = net::parse_tcp_packet(found.bytes, net::Extent::kHeaders, found.missing);
      if (!packet) {
        ++capture.counters_.of(packet.error);
        return;
      }
      take(packet.value, frame.time);
    }
  };
  template <typename Take>
  struct PacketReader {
    net::LinkType type;
    Take& take;
    void operator()(const Frame& frame) {
      take(net::decapsulate(type, frame.bytes, frame.missing), frame.time);
    }
  };
  using OnFrame = void (*)(void* reader, const Frame& frame);

  int dispatch_frames(OnFrame on_frame, void* reader);
  void activate(const Settings& settings);
  void set_filter(const Settings& settings);

  std::string device_;
  std::string named_;  // the device with its option, for errors
  ::pcap* pcap_ = nullptr;
  int fd_ = -1;
  int batch_;
  net::LinkType link_type_ = net::LinkType::kEthernet;
  net::CaptureCounters counters_;
};

}  // namespace tcpcopy::pcap
