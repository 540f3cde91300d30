// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/codec_v6.hh"

#include <utility>

namespace tcpcopy::wire {
namespace {

void append(const RouteMessage& message, std::vector<std::byte>& to) {
  const RouteMessageBytes bytes = encode(message);
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

void TcpcopyCodecV6::encode(const Hello& message, std::vector<std::byte>& to) {
  append(RouteMessage::version(message.version), to);
}

void TcpcopyCodecV6::encode(const AddRoute& message, std::vector<std::byte>& to) {
  append(RouteMessage::add_route(message.flow), to);
}

std::optional<CapturedHeaders> TcpcopyCodecV6::decode(Bytes& from) {
  const auto record = frames_.next(from);
  if (!record) return std::nullopt;
  return decode_record(*record);
}

std::optional<std::string> TcpcopyCodecV6::fault() const {
  const auto count = frames_.bad_count();
  if (!count) return std::nullopt;
  return "a frame of " + std::to_string(*count) +
         " records cannot be: is it an intercept of control channel version " +
         std::to_string(kVersion) + ", started in the same mode?";
}

std::optional<Message> InterceptCodecV6::decode(Bytes& from) {
  if (unknown_type_) return std::nullopt;
  const auto message = messages_.next(from);
  if (!message) return std::nullopt;
  const bool first = std::exchange(first_, false);
  if (message->is_version()) {
    if (first) return Hello{message->type};
  } else if (message->adds_route()) {
    return AddRoute{message->flow};
  } else if (message->type == static_cast<std::uint16_t>(RouteMessage::Type::kDeleteRoute)) {
    return DeleteRoute{message->flow};
  }
  unknown_type_ = message->type;
  return std::nullopt;
}

std::optional<std::string> InterceptCodecV6::fault() const {
  if (!unknown_type_) return std::nullopt;
  return "message type " + std::to_string(*unknown_type_) +
         " is unknown: is this a tcpcopy of control channel version " + std::to_string(kVersion) +
         "?";
}

}  // namespace tcpcopy::wire
