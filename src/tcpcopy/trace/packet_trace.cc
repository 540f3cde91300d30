// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/trace/packet_trace.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <chrono>

#include "common/net/datagram_packet.hh"
#include "common/net/packet_writer.hh"
#include "common/runtime/errors.hh"
#include "tcpcopy/version.hh"

namespace tcpcopy::trace {
namespace {

enum Interface : std::uint32_t { kCaptured, kInjected, kReturned };

std::uint64_t nanoseconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace

PacketTrace::PacketTrace(const std::string& path)
    : path_(path), file_(std::fopen(path.c_str(), "wbe")) {
  if (!file_) {
    throw runtime::UsageError("--trace " + path + ": " + runtime::error_text(errno));
  }
  write(section_header(std::string("tcpcopy ") + kProgramVersion));
  write(interface_description("captured", "packets of clients to the online server"));
  write(interface_description("injected", "packets that tcpcopy plays towards the target"));
  write(interface_description("returned", "headers of the target's responses"));
}

void PacketTrace::captured(Bytes packet) {
  write_packet({kCaptured, 0, packet, packet.size(), Direction::kInbound, {}});
}

void PacketTrace::returned(const Response& response) {
  if (!file_) return;
  packet_.resize(net::kMaxHeaders + response.payload.size());
  const std::size_t size = net::write_beginning(response, packet_);
  const std::string comment = replays({response.destination, response.source});
  write_packet({kReturned, 0, Bytes(packet_).first(size),
                size - response.payload.size() + response.payload_length, Direction::kInbound,
                comment});
}

void PacketTrace::injected(const ReplaySegment& segment, std::span<const Bytes> payload) {
  if (!file_) return;
  packet_.resize(net::kMaxHeaders + segment.payload_length);
  const std::size_t size = net::write_packet(segment, payload, 0, packet_);
  const std::string comment = replays({segment.source, segment.destination});
  write_packet({kInjected, 0, Bytes(packet_).first(size), size, Direction::kOutbound, comment});
}

void PacketTrace::injected(const Datagram& datagram) {
  if (!file_) return;
  const auto packet = net::write_datagram(datagram, 0);
  write_packet({kInjected, 0, packet, packet.size(), Direction::kOutbound, {}});
}

void PacketTrace::flush() {
  if (file_ && std::fflush(file_.get()) != 0) stop(runtime::error_text(errno));
}

std::string PacketTrace::replays(const FlowKey& target) const {
  if (!captured_flow_) return {};
  const auto flow = captured_flow_(target);
  if (!flow) return "no session";
  return fmt::format("replays {} to {}", flow->client.to_string(), flow->server.to_string());
}

void PacketTrace::write_packet(TracedPacket packet) {
  if (!file_) return;
  packet.time = nanoseconds_since_1970();
  write(enhanced_packet(packet));
}

void PacketTrace::write(const Block& block) {
  if (written_ + block.size() > kMaxBytes) {
    stop(fmt::format("it has reached {} MB", kMaxBytes >> 20U));
    return;
  }
  written_ += block.size();
  if (std::fwrite(block.data(), 1, block.size(), file_.get()) < block.size()) {
    stop(runtime::error_text(errno));
  }
}

void PacketTrace::stop(const std::string& why) {
  spdlog::warn("--trace {}: {}; no more is written, the replay goes on", path_, why);
  file_.reset();
}

}  // namespace tcpcopy::trace
