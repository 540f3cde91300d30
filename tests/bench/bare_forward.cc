// SPDX-License-Identifier: BSD-3-Clause
// The least that a replay through raw sockets can take: each client packet with payload is
// received, readdressed and sent, one at a time, and nothing else is done; one that the kernel
// merged from several (GRO) leaves in pieces again. Its delay and CPU are what the kernel and the
// machine take; a daemon's own is what it takes beyond that.
//
//   bare_forward PORT TARGET TARGET_PORT
//
// The target drops what it gets, because the TCP checksum is left as it was. Runs until it is
// killed.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "common/net/bytes.hh"
#include "common/net/packet_parser.hh"
#include "common/runtime/packet_filter.hh"
#include "tests/bench/raw_socket.hh"

using namespace tcpcopy;

namespace {

constexpr std::size_t kMtu = 1500;

// Sends a packet whose TCP header ends at `headers`, in pieces that fit. @return as send_packet().
bool forward(int fd, std::span<const std::byte> packet, std::size_t headers,
             const Address& target) {
  std::array<std::byte, kMtu> piece{};
  std::copy_n(packet.begin(), headers, piece.begin());
  for (auto rest = packet.subspan(headers); !rest.empty();) {
    const std::size_t size = std::min(rest.size(), kMtu - headers);
    std::copy_n(rest.begin(), size, piece.begin() + static_cast<std::ptrdiff_t>(headers));
    // The kernel fills in the length (raw(7)).
    if (!bench::send_packet(fd, std::span(piece).first(headers + size), target)) return false;
    rest = rest.subspan(size);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const auto target = Address::parse_v4(argc == 4 ? argv[2] : "");
  const auto target_port = static_cast<std::uint16_t>(argc == 4 ? std::atoi(argv[3]) : 0);
  if (!target || target_port == 0) {
    std::fputs("bare_forward: expected PORT TARGET TARGET_PORT, as 80 10.0.0.2 8080\n", stderr);
    return 2;
  }
  const int in = socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
  const int out = bench::open_raw_sender();
  if (in < 0 || out < 0) return bench::fail("bare_forward: a raw socket");
  runtime::attach_filter(in, std::string("tcp and dst port ") + argv[1]);

  std::array<std::byte, 65536> buffer{};
  while (true) {
    const ssize_t size = recv(in, buffer.data(), buffer.size(), 0);
    if (size < 0) return bench::fail("bare_forward: recv");
    const auto packet = std::span(buffer).first(static_cast<std::size_t>(size));
    const auto parsed = net::parse_tcp_packet(packet, net::Extent::kWhole);
    if (!parsed || parsed.value.payload.empty()) continue;
    const std::size_t tcp = std::to_integer<std::size_t>(packet[0] & std::byte{15}) * 4;
    net::store_be32(&packet[16], target->v4_bits());
    net::store_be16(&packet[tcp + 2], target_port);
    if (!forward(out, packet, packet.size() - parsed.value.payload.size(), *target)) {
      return bench::fail("bare_forward: sendto");
    }
  }
}
