// SPDX-License-Identifier: BSD-3-Clause
// What the kernel takes for sending one packet through a raw socket, as tcpcopy does: the unit in
// which the daemons' CPU is measured. Prints nanoseconds of CPU a packet, user and system.
//
//   raw_send SOURCE DESTINATION COUNT
//
// What it sends are RSTs to a port on which nobody listens: the destination takes them as far as
// its TCP and answers nothing (RFC 9293, 3.10.7.1).
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "common/net/packet_writer.hh"
#include "tests/bench/raw_socket.hh"

namespace {

using namespace tcpcopy;

constexpr std::uint32_t kPayload = 100;  // bytes: a small request
constexpr std::uint16_t kClosedPort = 9;

std::vector<std::byte> packet(const Address& source, const Address& destination) {
  const std::vector<std::byte> payload(kPayload, std::byte{'x'});
  ReplaySegment segment;
  segment.source = {source, 40000};
  segment.destination = {destination, kClosedPort};
  segment.flags = {TcpFlags::kRst | TcpFlags::kAck};
  segment.options.timestamps = {1, 1};
  segment.payload_length = kPayload;
  const Bytes piece(payload);
  std::vector<std::byte> bytes(net::kMaxHeaders + kPayload);
  bytes.resize(net::write_packet(segment, {&piece, 1}, 1, bytes));
  return bytes;
}

double nanoseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
}

double cpu_nanoseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  const auto source = Address::parse_v4(argc == 4 ? argv[1] : "");
  const auto destination = Address::parse_v4(argc == 4 ? argv[2] : "");
  const long count = argc == 4 ? std::strtol(argv[3], nullptr, 10) : 0;
  if (!source || !destination || count <= 0) {
    std::fputs("raw_send: expected SOURCE DESTINATION COUNT, as 10.0.0.1 10.0.0.2 100000\n",
               stderr);
    return 2;
  }
  const int fd = bench::open_raw_sender();
  if (fd < 0) return bench::fail("raw_send: a raw socket");
  const std::vector<std::byte> bytes = packet(*source, *destination);
  const double before = cpu_nanoseconds();
  for (long i = 0; i < count; ++i) {
    if (!bench::send_packet(fd, bytes, *destination)) return bench::fail("raw_send: sendto");
  }
  std::printf("%.0f\n", (cpu_nanoseconds() - before) / static_cast<double>(count));
  return 0;
}
