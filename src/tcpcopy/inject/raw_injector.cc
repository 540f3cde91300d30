// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/raw_injector.hh"

#include <libnet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "common/net/packet_writer.hh"
#include "common/runtime/errors.hh"
#include "common/runtime/socket_address.hh"
#include "tcpcopy/batch.hh"
#include "tcpcopy/inject/send_batch.hh"

namespace tcpcopy::inject {

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
    throw runtime::SystemError(std::string("cannot open a raw socket for sending: ") +
                               error.data() + runtime::how_to_be_allowed());
  }
  fd_ = libnet_getfd(static_cast<libnet_t*>(libnet_.get()));
  enlarge_send_buffer(fd_);
}

RawInjector::~RawInjector() = default;

std::span<std::byte> RawInjector::reserve(std::size_t room) {
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

bool RawInjector::full() const { return batch_->count == kBatch; }

void RawInjector::send_packet(Bytes packet, const Address& destination) {
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
  send_batch(
      fd_, std::span(batch.messages).first(batch.count),
      [this](std::size_t) { ++counters_.packets; },
      [this](std::size_t, int error) { refuse(error); });
  batch.count = 0;
  batch.used = 0;
}

}  // namespace tcpcopy::inject
