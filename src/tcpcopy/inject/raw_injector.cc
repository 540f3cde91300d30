// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/raw_injector.hh"

#include <libnet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "common/net/packet_writer.hh"
#include "common/runtime/errors.hh"
#include "common/runtime/socket_address.hh"
#include "tcpcopy/batch.hh"

namespace tcpcopy::inject {
namespace {

constexpr int kSendBuffer = 4 << 20;
constexpr int kRoomWaitMs = 2;  // at most once in a flush

}  // namespace

// Packets stand one behind the other in one buffer; each has its slot in the arrays for sendmmsg.
struct RawInjector::Batch {
  std::vector<std::byte> bytes;
  std::size_t used = 0;
  std::size_t count = 0;
  std::array<std::size_t, kBatch> begin{};
  std::array<sockaddr_in, kBatch> addresses{};
  std::array<iovec, kBatch> vectors{};
  std::array<mmsghdr, kBatch> messages{};
};

void RawInjector::CloseLibnet::operator()(void* context) const {
  libnet_destroy(static_cast<libnet_t*>(context));
}

RawInjector::RawInjector() : batch_(std::make_unique<Batch>()) {
  std::array<char, LIBNET_ERRBUF_SIZE> error{};
  libnet_.reset(libnet_init(LIBNET_RAW4, nullptr, error.data()));
  if (!libnet_) {
    throw runtime::SystemError(
        std::string("cannot open a raw socket for sending: ") + error.data() +
        "; run as root, or grant the capability: setcap cap_net_raw=ep <path of tcpcopy>");
  }
  fd_ = libnet_getfd(static_cast<libnet_t*>(libnet_.get()));
  if (::setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) != 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  }
}

RawInjector::~RawInjector() = default;

std::span<std::byte> RawInjector::reserve(std::size_t room) {
  if (batch_->count == kBatch) flush();
  Batch& batch = *batch_;
  if (batch.bytes.size() < batch.used + room) batch.bytes.resize(2 * batch.bytes.size() + room);
  return std::span(batch.bytes).subspan(batch.used);
}

void RawInjector::commit(std::size_t size, const Address& destination) {
  Batch& batch = *batch_;
  batch.addresses[batch.count] = runtime::to_sockaddr({destination, 0});
  batch.begin[batch.count] = batch.used;
  batch.vectors[batch.count].iov_len = size;
  batch.used += size;
  ++batch.count;
}

void RawInjector::send(const ReplaySegment& segment, std::span<const Bytes> payload) {
  const auto to = reserve(net::kMaxHeaders + segment.payload_length);
  commit(net::write_packet(segment, payload, identification_++, to), segment.destination.address);
}

void RawInjector::put(Bytes packet, const Address& destination) {
  std::copy(packet.begin(), packet.end(), reserve(packet.size()).begin());
  commit(packet.size(), destination);
}

void RawInjector::flush() {
  Batch& batch = *batch_;
  for (std::size_t i = 0; i < batch.count; ++i) {  // now that the buffer does not move any more
    batch.vectors[i].iov_base = &batch.bytes[batch.begin[i]];
    msghdr& header = batch.messages[i].msg_hdr;
    header.msg_name = &batch.addresses[i];
    header.msg_namelen = sizeof(sockaddr_in);
    header.msg_iov = &batch.vectors[i];
    header.msg_iovlen = 1;
  }
  std::size_t at = 0;
  bool waited = false;
  while (at < batch.count) {
    const int sent =
        ::sendmmsg(fd_, &batch.messages[at], static_cast<unsigned>(batch.count - at), MSG_DONTWAIT);
    if (sent > 0) {
      counters_.packets += static_cast<std::uint64_t>(sent);
      at += static_cast<std::size_t>(sent);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN && !waited) {  // the socket's own queue: the device empties it soon
      waited = true;
      pollfd writable{fd_, POLLOUT, 0};
      if (::poll(&writable, 1, kRoomWaitMs) == 1) continue;
    }
    refuse(errno);
    ++at;  // this packet alone: the next may go elsewhere
  }
  batch.count = 0;
  batch.used = 0;
}

}  // namespace tcpcopy::inject
