// SPDX-License-Identifier: BSD-3-Clause
// The 1.x side of links, byte by byte: it knows the control channel from its description alone and
// shares no codec with the daemons. Its bytes are those of the recorded links.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/runtime/event_loop.hh"
#include "common/wire/frame.hh"
#include "tests/unit/common/wire/control_channel_capture.hh"
#include "tests/unit/links/tcp_pair.hh"

namespace tcpcopy::test {

/// Connects, without blocking; the connection is there when the peer has accepted it.
runtime::UniqueFd connect_to(int listener);

/// Runs a loop until the condition holds; a test that waits in vain fails.
void run_until(runtime::EventLoop& loop, const std::function<bool()>& condition);

/// Writes bytes to a socket in pieces of many sizes, one each turn of the loop.
void trickle(runtime::EventLoop& loop, int fd, const ByteVector& bytes);

/// What has come on a socket is added. @return whether the other side has closed it.
bool read_more(int fd, ByteVector& bytes);

/// A response record as a 1.x reader sees it.
struct OldRecord {
  ByteVector bytes;
  Endpoint client;  ///< where the response went
};

/// Takes a link's bytes apart. Fails the test when they break the rules: a count of 0 or above 16
/// (6 with payload), bytes that are left over.
std::vector<OldRecord> split_frames(const ByteVector& stream, wire::FrameMode mode);

using RecordsByClient = std::map<Endpoint, std::vector<ByteVector>>;
RecordsByClient by_client(const std::vector<OldRecord>& records);

/// Zeros in place of a payload that a 1.x intercept would have left out.
ByteVector as_old_intercept(ByteVector record);

}  // namespace tcpcopy::test
