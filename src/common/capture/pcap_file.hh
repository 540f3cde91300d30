// SPDX-License-Identifier: BSD-3-Clause
// Reads the packets of one capture file, pcap or pcapng, with libpcap.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/net/link_layer.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

struct pcap;

namespace tcpcopy::capture {

class PcapFile {
 public:
  /// A name for standard input.
  static constexpr const char* kStandardInput = "-";

  struct Packet {
    Duration time;  ///< since 1970, as the file says
    Bytes bytes;    ///< from the IPv4 header on, tunnels taken off; empty without IPv4
    bool wanted;    ///< whether the filter lets it pass
  };

  /// @param path a file, or kStandardInput.
  /// @param filter libpcap's language; empty: all packets.
  /// Throws UsageError when it cannot be opened, is no capture, or the filter is refused.
  PcapFile(std::string path, const std::string& filter);
  ~PcapFile();
  PcapFile(const PcapFile&) = delete;
  PcapFile& operator=(const PcapFile&) = delete;
  PcapFile(PcapFile&&) = delete;
  PcapFile& operator=(PcapFile&&) = delete;

  /// @return the next packet, whose bytes live until the next call; nothing at the end, and where
  ///   the file cannot be read further: damage() tells.
  std::optional<Packet> next();

  /// Whether next() would wait for more of a pipe.
  bool would_wait() const;

  const std::string& path() const { return path_; }
  std::uint64_t packets() const { return packets_; }
  /// What libpcap said where it had to stop before the end; empty otherwise.
  const std::string& damage() const { return damage_; }
  /// Bytes read so far, and in all; 0 in all when that cannot be told.
  std::uint64_t position() const;
  std::uint64_t size() const { return size_; }

 private:
  struct Close {
    void operator()(pcap* capture) const;
  };

  struct Filter;

  void open();
  void set_filter(const std::string& filter);

  std::string path_;
  std::unique_ptr<pcap, Close> pcap_;
  std::unique_ptr<Filter> filter_;  // none: all packets
  net::LinkType link_type_ = net::LinkType::kEthernet;
  std::uint64_t packets_ = 0;
  std::uint64_t size_ = 0;
  std::string damage_;
  bool pipe_ = false;
};

}  // namespace tcpcopy::capture
