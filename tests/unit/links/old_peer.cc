// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/links/old_peer.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "common/net/bytes.hh"
#include "common/runtime/socket.hh"

namespace tcpcopy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kOldPayload = 128;

}  // namespace

runtime::UniqueFd connect_to(int listener) {
  runtime::UniqueFd fd = runtime::begin_connect(own_end(listener));
  EXPECT_TRUE(fd);
  return fd;
}

void run_until(runtime::EventLoop& loop, const std::function<bool()>& condition) {
  const Instant end = loop.now() + 20s;
  runtime::Timer timer;
  const std::function<void()> look = [&] {
    if (loop.now() >= end) ADD_FAILURE() << "waited in vain";
    if (condition() || loop.now() >= end) {
      loop.stop();
    } else {
      timer = loop.after(1ms, look);
    }
  };
  timer = loop.after(Duration(0), look);
  loop.run();
}

void trickle(runtime::EventLoop& loop, int fd, const ByteVector& bytes) {
  std::size_t at = 0;
  std::size_t size = 1;
  run_until(loop, [&] {
    if (at == bytes.size()) return true;
    const std::size_t piece = std::min(size, bytes.size() - at);
    const ssize_t sent = ::send(fd, bytes.data() + at, piece, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) at += static_cast<std::size_t>(sent);
    size = size * 3 % 1511;
    return false;
  });
}

bool read_more(int fd, ByteVector& bytes) {
  ByteVector input(1U << 16U);
  for (;;) {
    const ssize_t size = ::recv(fd, input.data(), input.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return false;
    if (size <= 0) return true;
    append(bytes, Bytes(input).first(static_cast<std::size_t>(size)));
  }
}

std::vector<OldRecord> split_frames(const ByteVector& stream, wire::FrameMode mode) {
  const std::size_t record_size = mode.with_payload ? 192 : 64;
  const std::size_t most = mode.with_payload ? 6 : 16;
  std::vector<OldRecord> records;
  for (std::size_t at = 0; at < stream.size();) {
    std::size_t count = 1;
    if (mode.combined) {
      if (at + 2 > stream.size()) break;
      count = net::load_be16(&stream[at]);
      at += 2;
    }
    EXPECT_GE(count, 1U);
    EXPECT_LE(count, most);
    if (count < 1 || count > most || at + count * record_size > stream.size()) {
      ADD_FAILURE() << "a frame that breaks the rules, or is cut off";
      break;
    }
    for (; count > 0; --count, at += record_size) {
      const auto from = stream.begin() + static_cast<std::ptrdiff_t>(at);
      OldRecord record{{from, from + static_cast<std::ptrdiff_t>(record_size)}, {}};
      record.client = {Address::v4(net::load_be32(&record.bytes[16])),
                       net::load_be16(&record.bytes[22])};
      records.push_back(std::move(record));
    }
  }
  return records;
}

RecordsByClient by_client(const std::vector<OldRecord>& records) {
  RecordsByClient result;
  for (const OldRecord& record : records)
    result[record.client].push_back(record.bytes);
  return result;
}

ByteVector as_old_intercept(ByteVector record) {
  if (record.size() == 64) return record;
  const std::size_t ip_header = std::to_integer<std::size_t>(record[0] & std::byte{15}) * 4;
  const std::size_t tcp_header = std::to_integer<std::size_t>(record[32] >> 4) * 4;
  const std::size_t payload = net::load_be16(&record[2]) - ip_header - tcp_header;
  if (payload <= kOldPayload) return record;
  std::fill(record.begin() + static_cast<std::ptrdiff_t>(20 + tcp_header), record.end(),
            std::byte{0});
  return record;
}

}  // namespace tcpcopy::test
