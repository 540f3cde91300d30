// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path/connect_probe.hh"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

#include "common/runtime/socket.hh"

namespace tcpcopy::path {
namespace {

using How = probe::Connected::How;

}  // namespace

ConnectProbe::ConnectProbe(runtime::EventLoop& loop, const Endpoint& peer)
    : loop_(loop), peer_(peer), began_at_(loop.now()), fd_(runtime::begin_connect(peer)) {
  if (!fd_) {
    settle(errno);
  } else {
    watch_ = loop_.watch(fd_.get(), EPOLLOUT, [this](std::uint32_t) { on_ready(); });
  }
}

Instant ConnectProbe::deadline() const {
  if (result_) return kNever;
  return accepted_at_ == kNever ? began_at_ + kPatience : accepted_at_ + kSettle;
}

void ConnectProbe::on_ready() {
  if (accepted_at_ != kNever) {  // it says something, or closes
    char byte = 0;
    end(::recv(fd_.get(), &byte, 1, MSG_PEEK) > 0 ? How::kAccepted : How::kClosed);
    return;
  }
  settle(runtime::connect_result(fd_.get()));
}

void ConnectProbe::settle(int error) {
  switch (error) {
    case 0:
      accepted_at_ = loop_.now();
      watch_.change(EPOLLIN);
      return;
    case ECONNREFUSED:
      return end(How::kRefused);
    case ECONNRESET:  // it had been accepted before
      return end(How::kClosed);
    case ETIMEDOUT:
      return end(How::kTimeout);
    default:
      return end(How::kUnreachable);
  }
}

void ConnectProbe::advance() {
  if (loop_.now() >= deadline()) end(accepted_at_ == kNever ? How::kTimeout : How::kAccepted);
}

void ConnectProbe::end(How how) {
  const Instant answered_at = accepted_at_ == kNever ? loop_.now() : accepted_at_;
  result_ = probe::Connected{how, answered_at - began_at_};
  if (!fd_) return;
  watch_.reset();
  // With an RST, so that nothing stays behind on either side.
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_ = runtime::UniqueFd();
}

}  // namespace tcpcopy::path
