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

struct pcap;

namespace tcpcopy::capture {

class PcapCapture {
 public:
  /// The largest IPv4 header and TCP header with all their options.
  static constexpr int kHeaderBytes = 60 + 60;

  /// How the kernel hands frames over.
  enum class Delivery : std::uint8_t {
    kAtOnce,  ///< one by one, each in a slot of the same size: for headers that somebody waits for
    kBlocks,  ///< in blocks, at the latest after a millisecond: for all sizes of packets
  };

  /// Of packets, as this host sees them.
  enum class Direction : std::uint8_t { kIn, kOut, kBoth };

  struct Settings {
    std::string option = "-i";  ///< that named the device, for errors
    std::string device;         ///< a name, or `any`
    std::string filter;         ///< libpcap's language
    /// The filter holds for what stands inside of VLAN tags too, where the device has any.
    bool tagged_too = false;
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
  /// @param take called as take(const net::TcpPacket&), which lives until it returns.
  /// @return frames read; negative when the device has failed for good.
  template <typename Take>
  int read(Take&& take) {
    Reader<Take> reader{*this, take};
    return dispatch_frames(
        [](void* self, Bytes frame) { (*static_cast<Reader<Take>*>(self))(frame); }, &reader);
  }

  /// Reads a batch and hands on what each frame holds from the IPv4 header on, tunnels taken off;
  /// nothing where it holds no IPv4.
  /// @param take called as take(Bytes packet).
  /// @return frames read; negative when the device has failed for good.
  template <typename Take>
  int read_packets(Take&& take) {
    PacketReader<Take> reader{link_type_, take};
    return dispatch_frames(
        [](void* self, Bytes frame) { (*static_cast<PacketReader<Take>*>(self))(frame); }, &reader);
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
  template <typename Take>
  struct PacketReader {
    net::LinkType type;
    Take& take;
    void operator()(Bytes frame) { take(net::decapsulate(net::strip_link_layer(type, frame))); }
  };
  using OnFrame = void (*)(void* reader, Bytes frame);

  int dispatch_frames(OnFrame on_frame, void* reader);
  void activate(const Settings& settings);
  void set_filter(const Settings& settings);

  std::string device_;
  std::string named_;  // the device with its option, for errors
  pcap* pcap_ = nullptr;
  int fd_ = -1;
  int batch_;
  net::LinkType link_type_ = net::LinkType::kEthernet;
  net::CaptureCounters counters_;
};

}  // namespace tcpcopy::capture
