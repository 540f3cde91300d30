// SPDX-License-Identifier: BSD-3-Clause
// Where in a client's stream a request begins: the only places where a stream can be joined.
#pragma once

#include <optional>

#include "tcpcopy/session/client_stream.hh"

namespace tcpcopy::session {

/// Whether bytes look like the first of a request of a protocol that can be told by them: HTTP/1
/// methods, the HTTP/2 preface, RESP (Redis) arrays.
bool looks_like_request(Bytes bytes);

/// @param from where to begin to look.
/// @return the begin of the first contiguous chunk at or behind `from` that starts a request: by
///   its content, or because the client had just seen something new of the online server.
std::optional<ClientOffset> next_request_boundary(const ClientStream& stream, ClientOffset from);

}  // namespace tcpcopy::session
