// SPDX-License-Identifier: BSD-3-Clause
// Where in a client's stream a request begins: the only places where a stream can be joined.
#pragma once

#include <optional>

#include "tcpcopy/session/client/client_stream.hh"

namespace tcpcopy::session {

/// So many bytes tell a request of every known protocol.
inline constexpr std::uint32_t kRequestStart = 16;

/// Whether bytes look like the first of a request of a protocol that can be told by them: HTTP/1
/// methods, the HTTP/2 preface, RESP (Redis) arrays.
bool looks_like_request(Bytes bytes);

/// Whether more bytes behind these could make them look like the first of a request.
bool may_begin_request(Bytes bytes);

/// The same as looks_like_request() for the bytes that begin with a contiguous chunk, however small
/// their chunks are.
bool request_begins_at(const ClientStream& stream, const Chunk& chunk);

/// The same as may_begin_request().
bool request_may_begin_at(const ClientStream& stream, const Chunk& chunk);

/// @param from where to begin to look.
/// @return the begin of the first chunk that further bytes may make a request of, or the end of the
///   contiguous stream.
ClientOffset possible_request_boundary(const ClientStream& stream, ClientOffset from);

/// @param from where to begin to look.
/// @param by_content the stream's protocol is one whose requests can be told by their bytes.
/// @return the begin of the first contiguous chunk at or behind `from` that starts a request: by
///   its content, or, where that tells nothing, because the client had just seen something new of
///   the online server.
std::optional<ClientOffset> next_request_boundary(const ClientStream& stream, ClientOffset from,
                                                  bool by_content);

}  // namespace tcpcopy::session
