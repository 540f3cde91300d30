// SPDX-License-Identifier: BSD-3-Clause
// --trace: every packet that was captured, injected and returned, in one pcapng file.
//
// A packet that was injected is commented with the client that it plays, since its addresses may be
// others; of a response stands what intercept brings of it: the headers.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tcpcopy/datagram.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/trace/pcapng_blocks.hh"

namespace tcpcopy::trace {

class PacketTrace {
 public:
  /// The captured connection that a connection to the target replays, if there still is one.
  using CapturedFlow = std::function<std::optional<FlowKey>(const FlowKey& target)>;

  /// A file of this size takes no more: the disk is the production machine's.
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30U;

  /// Creates the file, or empties it. Throws UsageError.
  explicit PacketTrace(const std::string& path);

  /// Without it no packet is commented.
  void name_by(CapturedFlow captured_flow) { captured_flow_ = std::move(captured_flow); }

  /// @param packet begins at the IPv4 header.
  void captured(Bytes packet);
  void injected(const ReplaySegment& segment, std::span<const Bytes> payload);
  void injected(const Datagram& datagram);
  void returned(const Response& response);

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
  CapturedFlow captured_flow_;
  std::uint64_t written_ = 0;
  std::vector<std::byte> packet_;
};

}  // namespace tcpcopy::trace
