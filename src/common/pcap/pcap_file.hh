// SPDX-License-Identifier: BSD-3-Clause
// Reads the packets of one capture file: pcap with libpcap, pcapng with a reader of our own.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/net/link_layer.hh"
#include "common/net/tunnel.hh"
#include "common/pcap/pcapng_reader.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

struct pcap;

namespace tcpcopy::pcap {

class PcapFile {
 public:
  /// A name for standard input.

  struct Packet {
    Duration time;               ///< since 1970, as the file says
    net::CapturedPacket packet;  ///< tunnels taken off
    bool wanted;                 ///< whether the filter lets it pass
  };

  /// @param path a file, or kStandardInput.
  /// @param filter libpcap's language; empty: all packets.
  /// Throws UsageError when it cannot be opened, is no capture, or the filter is refused.
  PcapFile(std::string path, std::string filter);
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
  /// Why it had to stop before the end; empty otherwise.
  const std::string& damage() const { return damage_; }
  /// Packets of link types that cannot be read, or for which the filter was refused, by the name of
  /// the type: of a pcapng file, which may have several.
  const std::map<std::string, std::uint64_t>& left_out() const { return left_out_; }
  /// Bytes read so far, and in all; 0 in all when that cannot be told.
  std::uint64_t position() const;
  std::uint64_t size() const { return size_; }

 private:
  struct ClosePcap {
    void operator()(::pcap* capture) const;
  };
  struct CloseFile {
    void operator()(std::FILE* file) const;
  };
  // How frames of one link type are read. Without a type they are not: there is a problem.
  struct Filter;
  struct Reading {
    std::optional<net::LinkType> type;
    std::unique_ptr<Filter> filter;  // none: all packets
    std::string name;
    std::string problem;
  };

  void open();
  void open_pcap();
  void open_pcapng();
  void expect(int link_type);
  Reading& reading_of(int link_type);
  std::optional<PcapngReader::Packet> next_frame();

  std::string path_;
  std::string filter_;
  std::unique_ptr<std::FILE, CloseFile> file_;  // of pcapng, else it is libpcap's
  std::unique_ptr<::pcap, ClosePcap> pcap_;
  std::optional<PcapngReader> pcapng_;
  std::map<int, Reading> readings_;  // by link type
  std::map<std::string, std::uint64_t> left_out_;
  std::uint64_t packets_ = 0;
  std::uint64_t size_ = 0;
  std::string damage_;
  bool pipe_ = false;
};

}  // namespace tcpcopy::pcap
