// SPDX-License-Identifier: BSD-3-Clause
// --trace: every packet that was captured, injected and returned, in one pcapng file.
//
// It stands between the engine and the injector. A packet that was injected is commented with the
// client that it plays, since its addresses may be others; of a response stands what intercept
// brings of it: the headers.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tcpcopy/datagram.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/trace/pcapng_blocks.hh"

namespace tcpcopy::trace {

class PacketTrace : public PacketSink, public DatagramSink {
 public:
  struct Next {
    PacketSink& packets;
    DatagramSink& datagrams;
  };
  /// The captured connection that a connection to the target replays, if there still is one.
  using CapturedFlow = std::function<std::optional<FlowKey>(const FlowKey& target)>;

  /// A file of this size takes no more: the disk is the production machine's.
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30U;

  /// Creates the file, or empties it. Throws UsageError.
  PacketTrace(const std::string& path, const Next& next, CapturedFlow captured_flow);

  /// @param packet begins at the IPv4 header.
  void captured(Bytes packet);
  void returned(const Response& response);

  // These note the packet, and hand it on.
  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override;
  void send_datagram(const Datagram& datagram) override;

  /// Makes what was noted readable. To be called now and then.
  void flush();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void write(const Block& block);
  void write_packet(TracedPacket packet);
  void stop(const std::string& why);
  std::string replays(const FlowKey& target) const;

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;  // none: nothing is noted any more
  Next next_;
  CapturedFlow captured_flow_;
  std::uint64_t written_ = 0;
  std::vector<std::byte> packet_;
};

}  // namespace tcpcopy::trace
