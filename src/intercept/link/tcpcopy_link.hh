// SPDX-License-Identifier: BSD-3-Clause
// One link of a tcpcopy, on its socket: reads its messages, writes its responses, never blocks.
#pragma once

#include <optional>
#include <vector>

#include "common/channel/intercept_end.hh"
#include "common/keys/tls_session.hh"
#include "common/runtime/unique_fd.hh"
#include "common/wire/message.hh"

namespace tcpcopy::link {

class TcpcopyLink {
 public:
  /// What a reader that is too slow may leave unread before it loses its oldest responses, bytes.
  static constexpr std::size_t kMaxQueued = 8U << 20U;
  /// A host that answers none of our packets for so long is gone.
  static constexpr Duration kPatience = std::chrono::seconds(6);

  struct Settings {
    channel::InterceptEnd::Settings end{};
    const std::vector<keys::Key>* keys = nullptr;  ///< that tcpcopies may have; outlive the link
    bool allow_plain = false;                      ///< a link without a key is taken as well
  };
  TcpcopyLink(runtime::UniqueFd fd, const Endpoint& peer, const Settings& settings, Instant now);

  /// Reads what has come, a bounded part of it, and hands whole messages on.
  /// @return why the link has to be closed.
  channel::MaybeEnd read(Instant now, channel::InterceptEnd::OnMessage on_message);

  /// What is due: why the link has to be closed for its silence, or something to write. To be
  /// called about once a second.
  /// @param seen by intercept, for tcpcopy to know.
  channel::MaybeEnd overdue(Instant now, const wire::Seen& seen = {});

  void add(const wire::CapturedHeaders& response) { end_.add(response); }

  void tell(const wire::Tell& tell, Instant now) { end_.tell(tell, now); }

  /// Writes what was added, as far as the peer takes it.
  /// @param max_queued what may wait for the peer, bytes; what is above it is dropped.
  /// @return why the link has to be closed.
  channel::MaybeEnd flush(Instant now, std::size_t max_queued = kMaxQueued);

  const channel::InterceptEnd& end() const { return end_; }
  /// Something is to be written.
  bool has_unsent() const;
  /// Something was to be written, and the peer did not take it.
  bool waiting() const;
  /// The key that its tcpcopy has; null without one.
  const keys::Key* key() const;
  /// Whether that is one of those that tcpcopies may have now; a link without one has nothing to
  /// lose.
  bool key_is_known() const;
  int fd() const { return fd_.get(); }
  const Endpoint& peer() const { return peer_; }

 private:
  channel::MaybeEnd take(Bytes bytes, Instant now, channel::InterceptEnd::OnMessage on_message);
  channel::MaybeEnd begin(Bytes bytes);
  channel::MaybeEnd removed_meanwhile();
  void say_at_last(Bytes bytes) const;

  runtime::UniqueFd fd_;
  Endpoint peer_;
  Settings settings_;
  channel::InterceptEnd end_;
  std::optional<keys::TlsSession> session_;  // between the end and the socket
  bool begun_ = false;                       // something came
  bool key_checked_ = false;                 // since the handshake is done
};

}  // namespace tcpcopy::link
