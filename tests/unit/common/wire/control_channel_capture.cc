// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/common/wire/control_channel_capture.hh"

#include <pcap/pcap.h>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>

#include "common/net/link_layer.hh"
#include "tcpcopy/sequence.hh"

namespace tcpcopy::test {
namespace {

constexpr std::uint16_t kControlPort = 36524;

/// The bytes of one direction of a TCP connection.
class Stream {
 public:
  void add(const net::TcpPacket& packet) {
    if (packet.tcp.flags.syn()) {
      numbers_ = Numbers(Number(packet.tcp.seq), Position(-1));
      return;
    }
    if (packet.payload.empty()) return;
    if (!numbers_) throw std::runtime_error("a link begins before the capture");
    const auto end = static_cast<std::int64_t>(bytes_.size());
    const auto at = numbers_->unwrap(Number(packet.tcp.seq), Position(end)).value;
    if (at > end) throw std::runtime_error("bytes of a link are missing");
    const auto known = static_cast<std::size_t>(end - at);  // sent again
    if (known < packet.payload.size()) append(bytes_, packet.payload.subspan(known));
  }
  const ByteVector& bytes() const { return bytes_; }

 private:
  // Which space does not matter here: any of the three counts bytes.
  using Number = Seq<space::Client>;
  using Position = ClientOffset;
  using Numbers = SequenceMap<space::Client>;

  std::optional<Numbers> numbers_;
  ByteVector bytes_;
};

class CaptureFile {
 public:
  explicit CaptureFile(const std::string& path)
      : pcap_(pcap_open_offline(path.c_str(), error_.data()), &close) {
    if (!pcap_) throw std::runtime_error(error_.data());
    const auto type = net::link_type(pcap_datalink(pcap_.get()));
    if (!type) throw std::runtime_error(path + ": unknown link type");
    link_type_ = *type;
  }

  /// @return the next IPv4 packet, empty at the end of the file.
  Bytes next() {
    pcap_pkthdr* header = nullptr;
    const unsigned char* data = nullptr;
    while (pcap_next_ex(pcap_.get(), &header, &data) == 1) {
      const auto* begin = static_cast<const std::byte*>(static_cast<const void*>(data));
      const Bytes packet = net::strip_link_layer(link_type_, {begin, header->caplen});
      if (!packet.empty()) return packet;
    }
    return {};
  }

 private:
  static void close(pcap_t* pcap) {
    if (pcap != nullptr) pcap_close(pcap);
  }

  std::array<char, PCAP_ERRBUF_SIZE> error_{};
  std::unique_ptr<pcap_t, void (*)(pcap_t*)> pcap_;
  net::LinkType link_type_ = net::LinkType::kEthernet;
};

struct Link {
  Stream from_tcpcopy;
  Stream from_intercept;
};

}  // namespace

ControlChannelCapture read_capture(const std::string& path, const Endpoint& target) {
  CaptureFile file(path);
  ControlChannelCapture capture;
  std::map<Endpoint, Link> links;
  for (Bytes bytes = file.next(); !bytes.empty(); bytes = file.next()) {
    const auto parsed = net::parse_tcp_packet(bytes, net::Extent::kWhole);
    if (!parsed) throw std::runtime_error(path + ": " + std::string(to_string(parsed.error)));
    const net::TcpPacket& packet = parsed.value;
    if (packet.destination().port == kControlPort) {
      links[packet.source()].from_tcpcopy.add(packet);
    } else if (packet.source().port == kControlPort) {
      links[packet.destination()].from_intercept.add(packet);
    } else if (packet.source() == target) {
      capture.responses.push_back(copy(bytes.first(packet.ip.total_length)));
    }
  }
  for (const auto& [tcpcopy, link] : links)
    capture.links[tcpcopy] = {link.from_tcpcopy.bytes(), link.from_intercept.bytes()};
  return capture;
}

}  // namespace tcpcopy::test
