// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/link/tcpcopy_link.hh"

#include <sys/socket.h>

#include <algorithm>
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

TcpcopyLink::TcpcopyLink(runtime::UniqueFd fd, const Endpoint& peer, const Settings& settings,
                         Instant now)
    : fd_(std::move(fd)), peer_(peer), settings_(settings), end_(settings.end, now) {
  runtime::prepare_link(fd_.get(), kPatience);
}

MaybeEnd TcpcopyLink::read(Instant now, channel::InterceptEnd::OnMessage on_message) {
  std::array<std::byte, kReadSize> buffer;  // NOLINT(*-member-init): written by recv
  const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size == 0) return LinkEnd{EndReason::kClosedByTcpcopy, "closed by its tcpcopy"};
  if (size < 0) return failed_with(errno);
  const Bytes bytes = Bytes(buffer).first(static_cast<std::size_t>(size));
  if (!std::exchange(begun_, true)) {
    if (MaybeEnd end = begin(bytes)) return end;
  }
  return take(bytes, now, on_message);
}

// The first bytes of a link say whether it has a key, and whether that may be.
MaybeEnd TcpcopyLink::begin(Bytes bytes) {
  const bool has_keys = settings_.keys != nullptr && !settings_.keys->empty();
  const bool tls = keys::begins_tls(bytes);
  if (tls && has_keys) {
    session_ = keys::TlsSession::server(*settings_.keys);
    if (session_->failure()) return LinkEnd{EndReason::kNetworkError, *session_->failure()};
  } else if (tls) {
    say_at_last(std::as_bytes(std::span(keys::kHasNoKey)));
    return LinkEnd{EndReason::kNoKey, "it has a key, and this intercept has none (--key)"};
  } else if (has_keys && !settings_.allow_plain) {
    say_at_last(std::as_bytes(std::span(keys::kWantsKey)));
    return LinkEnd{EndReason::kNoKey,
                   "it has no key (--key), and this intercept takes none without (--allow-plain)"};
  }
  return {};
}

MaybeEnd TcpcopyLink::take(Bytes bytes, Instant now, channel::InterceptEnd::OnMessage on_message) {
  if (!session_) {
    end_.on_bytes(bytes, now, on_message);
    return end_.over();
  }
  session_->on_bytes(bytes, [&](Bytes plain) {
    if (!end_.over()) end_.on_bytes(plain, now, on_message);
  });
  if (end_.over()) return end_.over();
  if (!session_->failure()) return removed_meanwhile();
  say_at_last(session_->unsent());
  return LinkEnd{session_->established() ? EndReason::kGarbage : EndReason::kWrongKey,
                 *session_->failure()};
}

// The keys may have been read anew since the handshake began.
MaybeEnd TcpcopyLink::removed_meanwhile() {
  if (key() == nullptr || std::exchange(key_checked_, true) || key_is_known()) return {};
  return LinkEnd{EndReason::kKeyRemoved, "its key was removed while it shook hands"};
}

// What the peer is told before the link is closed, if its socket takes it.
void TcpcopyLink::say_at_last(Bytes bytes) const {
  if (bytes.empty()) return;
  static_cast<void>(::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

bool TcpcopyLink::has_unsent() const {
  return !end_.unsent().empty() || (session_ && !session_->unsent().empty());
}

bool TcpcopyLink::waiting() const {
  return end_.waiting() || (session_ && !session_->unsent().empty());
}

const keys::Key* TcpcopyLink::key() const {
  return session_ && session_->established() ? &session_->key() : nullptr;
}

bool TcpcopyLink::key_is_known() const {
  if (key() == nullptr) return true;
  const auto& known = *settings_.keys;
  return std::find(known.begin(), known.end(), *key()) != known.end();
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
  const auto next = [&] { return keys::next_to_write(session_, end_, now); };
  for (Bytes unsent = next(); !unsent.empty(); unsent = next()) {
    const ssize_t sent =
        ::send(fd_.get(), unsent.data(), unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (MaybeEnd end = failed_with(errno)) return end;
      break;
    }
    keys::on_written(session_, end_, static_cast<std::size_t>(sent), now);
    if (static_cast<std::size_t>(sent) < unsent.size()) break;
  }
  end_.settle(now, max_queued);
  return {};
}

}  // namespace tcpcopy::link
