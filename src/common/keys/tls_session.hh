// SPDX-License-Identifier: BSD-3-Clause
// TLS 1.3 with a key that both ends have (RFC 8446, 2.2), between the end of a link and its socket:
// bytes in, bytes out, no system call. One session for each connection.
//
// There are no certificates, so an end without the key cannot finish the handshake, and none is
// believed that would use one instead; no tickets, and no data before the handshake is done.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/keys/key_file.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::keys {

class TlsSession {
 public:
  // Neither throws: without memory a session has failed from its start.
  /// tcpcopy's end; the handshake begins with what is unsent.
  static TlsSession client(const Key& key);
  /// intercept's end. @param keys outlive the handshake; any of them will do.
  static TlsSession server(const std::vector<Key>& keys);

  TlsSession(TlsSession&&) noexcept;
  TlsSession& operator=(TlsSession&&) noexcept;
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  using OnPlain = absl::FunctionRef<void(Bytes)>;
  /// @param bytes from the socket: hostile.
  /// @param on_plain called with what they hold, once the handshake is done. It may write().
  void on_bytes(Bytes bytes, OnPlain on_plain);

  /// Encrypts; what comes of it is unsent. REQUIRES: established().
  void write(Bytes plain);

  /// What is to be written to the socket next. After a failure it tells the other end of it.
  Bytes unsent() const;
  void on_sent(std::size_t size);

  /// The handshake is done, and the other end has the key.
  bool established() const;
  /// Why the session cannot go on, in words.
  const std::optional<std::string>& failure() const;
  /// The key that both have. REQUIRES: established().
  const Key& key() const;

 private:
  struct State;
  explicit TlsSession(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

/// Whether a connection begins like TLS, and not like the control channel in clear.
bool begins_tls(Bytes bytes);

/// What an end that has no key, or that wants one, says before it closes a connection: an alert.
inline constexpr std::array<unsigned char, 7> kHasNoKey = {0x15, 3, 3, 0, 2, 2, 49};
inline constexpr std::array<unsigned char, 7> kWantsKey = {0x15, 3, 3, 0, 2, 2, 116};

/// What is to be written to the socket next: of the session, which takes it from the end of the
/// link; or of the end itself, when there is none.
template <typename End>
Bytes next_to_write(std::optional<TlsSession>& session, End& end, Instant now) {
  constexpr std::size_t kAtOnce = std::size_t{64} << 10U;  // what is encrypted cannot be dropped
  if (!session) return end.unsent();
  while (session->unsent().empty() && session->established() && !end.unsent().empty()) {
    const Bytes plain = end.unsent().first(std::min(end.unsent().size(), kAtOnce));
    session->write(plain);
    end.on_sent(plain.size(), now);
  }
  return session->unsent();
}

/// So much of it was written.
template <typename End>
void on_written(std::optional<TlsSession>& session, End& end, std::size_t size, Instant now) {
  session ? session->on_sent(size) : end.on_sent(size, now);
}

}  // namespace tcpcopy::keys
