// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/link/tcpcopy_link.hh"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/runtime/errors.hh"
#include "common/runtime/socket.hh"

namespace tcpcopy::link {
namespace {

using channel::EndReason;
using channel::LinkEnd;
using channel::MaybeEnd;

constexpr std::size_t kReadSize = 16U << 10U;  // some 1,100 messages; then others have their turn

// A socket's error; none when it was only not ready.
MaybeEnd failed_with(int error) {
  if (error == EAGAIN || error == EINTR) return {};
  const bool gone = error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH;
  return LinkEnd{gone ? EndReason::kUnreachable : EndReason::kNetworkError,
                 runtime::error_text(error)};
}

}  // namespace

TcpcopyLink::TcpcopyLink(runtime::UniqueFd fd, const Endpoint& peer,
                         const channel::InterceptEnd::Settings& settings, Instant now)
    : fd_(std::move(fd)), peer_(peer), end_(settings, now) {
  runtime::prepare_link(fd_.get(), kPatience);
}

MaybeEnd TcpcopyLink::read(Instant now, channel::InterceptEnd::OnMessage on_message) {
  std::array<std::byte, kReadSize> buffer;  // NOLINT(*-member-init): written by recv
  const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size == 0) return LinkEnd{EndReason::kClosedByTcpcopy, "closed by its tcpcopy"};
  if (size < 0) return failed_with(errno);
  end_.on_bytes(Bytes(buffer).first(static_cast<std::size_t>(size)), now, on_message);
  return end_.over();
}

MaybeEnd TcpcopyLink::overdue(Instant now, const wire::Seen& seen) {
  end_.set_seen(seen);
  if (end_.next_deadline() <= now) end_.on_deadline(now);
  if (end_.over()) return end_.over();
  if (runtime::unanswered_for(fd_.get()) >= kPatience) {
    return LinkEnd{EndReason::kUnreachable, "its host does not answer any more"};
  }
  return {};
}

MaybeEnd TcpcopyLink::flush(Instant now, std::size_t max_queued) {
  for (Bytes unsent = end_.unsent(); !unsent.empty(); unsent = end_.unsent()) {
    const ssize_t sent =
        ::send(fd_.get(), unsent.data(), unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (MaybeEnd end = failed_with(errno)) return end;
      break;
    }
    end_.on_sent(static_cast<std::size_t>(sent), now);
    if (static_cast<std::size_t>(sent) < unsent.size()) break;
  }
  end_.settle(now, max_queued);
  return {};
}

}  // namespace tcpcopy::link
