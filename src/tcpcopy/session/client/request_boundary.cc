// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/client/request_boundary.hh"

#include <algorithm>
#include <array>
#include <string_view>

namespace tcpcopy::session {
namespace {

using namespace std::string_view_literals;

// RFC 9110, 9.3; RFC 5789; RFC 9113, 3.4.
constexpr std::array kStarts{"GET "sv,    "POST "sv,         "HEAD "sv,  "PUT "sv,
                             "DELETE "sv, "OPTIONS "sv,      "PATCH "sv, "CONNECT "sv,
                             "TRACE "sv,  "PRI * HTTP/2.0"sv};

bool starts_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin(),
                    [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
}

// `*3\r\n`: the number of elements of a RESP array.
bool starts_resp_array(Bytes bytes) {
  if (!starts_with(bytes, "*")) return false;
  const auto is_digit = [](std::byte b) { return b >= std::byte{'0'} && b <= std::byte{'9'}; };
  const auto digits_end = std::find_if_not(bytes.begin() + 1, bytes.end(), is_digit);
  const auto digits = digits_end - bytes.begin() - 1;
  return digits > 0 && starts_with(bytes.subspan(static_cast<std::size_t>(digits) + 1), "\r\n");
}

}  // namespace

bool looks_like_request(Bytes bytes) {
  return starts_resp_array(bytes) ||
         std::any_of(kStarts.begin(), kStarts.end(),
                     [&](std::string_view start) { return starts_with(bytes, start); });
}

bool may_begin_request(Bytes bytes) {
  if (bytes.size() >= kRequestStart) return looks_like_request(bytes);
  return starts_with(bytes, "*") ||
         std::any_of(kStarts.begin(), kStarts.end(), [&](std::string_view start) {
           return starts_with(bytes, start.substr(0, bytes.size()));
         });
}

namespace {

// Asks about the bytes from the chunk's first on, which may lie in several.
bool ask_of_start(const ClientStream& stream, const Chunk& chunk, bool (*question)(Bytes)) {
  if (chunk.length() >= kRequestStart) return question(chunk.bytes());
  std::array<Bytes, kRequestStart> pieces;
  const auto gathered = stream.gather(chunk.begin(), kRequestStart, pieces);
  std::array<std::byte, kRequestStart> start{};
  auto to = start.begin();
  for (const Bytes piece : std::span(pieces).first(gathered.pieces)) {
    to = std::copy(piece.begin(), piece.end(), to);
  }
  return question(Bytes(start).first(gathered.length));
}

}  // namespace

bool request_begins_at(const ClientStream& stream, const Chunk& chunk) {
  return ask_of_start(stream, chunk, looks_like_request);
}

bool request_may_begin_at(const ClientStream& stream, const Chunk& chunk) {
  return ask_of_start(stream, chunk, may_begin_request);
}

ClientOffset possible_request_boundary(const ClientStream& stream, ClientOffset from) {
  const ClientOffset end = stream.contiguous_end();
  from = std::max(from, end - (kRequestStart - 1));
  for (const Chunk* chunk = stream.find(from); chunk != nullptr; chunk = chunk->next()) {
    if (chunk->begin() >= end) break;
    if (chunk->begin() >= from && request_may_begin_at(stream, *chunk)) return chunk->begin();
  }
  return end;
}

std::optional<ClientOffset> next_request_boundary(const ClientStream& stream, ClientOffset from,
                                                  bool by_content) {
  if (stream.first() == nullptr) return std::nullopt;
  from = std::max(from, stream.first()->begin());
  ClientOffset searched = stream.searched_from(from, by_content);
  bool undecided = false;
  std::optional<ClientOffset> found;
  for (const Chunk* chunk = stream.find(searched); chunk != nullptr; chunk = chunk->next()) {
    if (found || chunk->begin() >= stream.contiguous_end()) break;
    if (chunk->begin() < from) continue;
    const bool begins = (!by_content && chunk->starts_turn()) || request_begins_at(stream, *chunk);
    if (begins) found = chunk->begin();
    // More bytes behind it may yet make a request of it.
    if (begins || chunk->begin() + kRequestStart > stream.contiguous_end()) undecided = true;
    if (!undecided) searched = chunk->end();
  }
  stream.note_searched(from, searched, by_content);
  return found;
}

}  // namespace tcpcopy::session
