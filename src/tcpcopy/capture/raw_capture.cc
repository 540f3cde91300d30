// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/raw_capture.hh"

#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "common/runtime/errors.hh"
#include "common/runtime/packet_filter.hh"
#include "tcpcopy/batch.hh"

namespace tcpcopy::capture {
namespace {

constexpr std::size_t kMaxPacket = 65535;
constexpr std::size_t kControlSize = CMSG_SPACE(sizeof(std::uint32_t));

void set_buffer(int fd, int bytes) {
  // The forced variant is not bound by net.core.rmem_max, and takes CAP_NET_ADMIN.
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  int granted = 0;
  socklen_t length = sizeof granted;
  ::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &length);
  if (granted / 2 < bytes) {  // the kernel doubles what it grants, for its own overhead
    spdlog::warn(
        "-B: the kernel grants {} KB of capture buffer; raise net.core.rmem_max, or grant "
        "cap_net_admin too",
        granted / 2 / 1024);
  }
}

}  // namespace

// One mapping for a whole batch; pages that small packets never reach are never touched.
struct RawCapture::Batch {
  Batch() : packets(kBatch * kMaxPacket) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      vectors[i] = {&packets[i * kMaxPacket], kMaxPacket};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }

  // Not initialised on purpose: that would touch all of it.
  struct Raw {
    explicit Raw(std::size_t size) : bytes(new std::byte[size]) {}
    std::byte& operator[](std::size_t at) const { return bytes[at]; }
    std::unique_ptr<std::byte[]> bytes;
  };
  Raw packets;
  std::array<iovec, kBatch> vectors{};
  std::array<mmsghdr, kBatch> messages{};
  std::array<std::array<std::byte, kControlSize>, kBatch> control{};
};

RawCapture::RawCapture(const Settings& settings, const std::string& filter)
    : fd_(::socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                   settings.udp ? IPPROTO_UDP : IPPROTO_TCP)),
      batch_(std::make_unique<Batch>()) {
  if (!fd_) {
    const int error = errno;
    std::string text = "cannot open a raw socket: " + runtime::error_text(error);
    if (error == EPERM || error == EACCES) {
      text += runtime::how_to_be_allowed();
    }
    throw runtime::SystemError(text);
  }
  set_buffer(fd_.get(), settings.buffer_bytes);
  const int on = 1;
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  runtime::attach_filter(fd_.get(), filter);
}

RawCapture::~RawCapture() = default;

std::size_t RawCapture::receive() {
  for (std::size_t i = 0; i < kBatch; ++i) {
    batch_->messages[i].msg_hdr.msg_control = batch_->control[i].data();
    batch_->messages[i].msg_hdr.msg_controllen = kControlSize;
  }
  // With MSG_TRUNC the kernel tells how long a packet is that finds no room.
  const int count =
      ::recvmmsg(fd_.get(), batch_->messages.data(), kBatch, MSG_DONTWAIT | MSG_TRUNC, nullptr);
  if (count <= 0) return 0;
  counters().packets += static_cast<std::uint64_t>(count);

  // The kernel counts drops since the socket was opened and tells with each packet.
  msghdr& last = batch_->messages[static_cast<std::size_t>(count) - 1].msg_hdr;
  for (cmsghdr* item = CMSG_FIRSTHDR(&last); item != nullptr; item = CMSG_NXTHDR(&last, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SO_RXQ_OVFL) continue;
    std::uint32_t drops = 0;
    std::memcpy(&drops, CMSG_DATA(item), sizeof drops);
    counters().kernel_drops = drops;
  }
  return static_cast<std::size_t>(count);
}

RawCapture::Outcome RawCapture::read(Instant /*now*/, Take take) {
  const std::size_t count = receive();
  for (std::size_t i = 0; i < count; ++i)
    take(received(i));
  return count == kBatch ? Outcome::kMore : Outcome::kNoMore;
}

net::CapturedPacket RawCapture::received(std::size_t index) const {
  const std::size_t length = batch_->messages[index].msg_len;
  const std::size_t captured = std::min(length, kMaxPacket);
  return {{&batch_->packets[index * kMaxPacket], captured}, length - captured};
}

}  // namespace tcpcopy::capture
