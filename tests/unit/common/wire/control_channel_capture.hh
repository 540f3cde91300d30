// SPDX-License-Identifier: BSD-3-Clause
// What a capture file of an assistant shows: the links of the control channel, put together from
// their packets, and the target's responses.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tcpcopy/address.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::test {

struct RecordedLink {
  ByteVector from_tcpcopy;
  ByteVector from_intercept;
};

struct ControlChannelCapture {
  std::map<Endpoint, RecordedLink> links;  ///< by tcpcopy's end
  std::vector<ByteVector> responses;       ///< whole IPv4 packets, in the order of their capture
};

/// Reads a file. Throws std::runtime_error when it cannot be read, when it holds a packet that our
/// parser refuses, or when bytes of a link are missing.
/// @param target whose packets are responses.
ControlChannelCapture read_capture(const std::string& path, const Endpoint& target);

}  // namespace tcpcopy::test
