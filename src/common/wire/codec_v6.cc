// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/codec_v6.hh"

namespace tcpcopy::wire {
namespace {

// An alert of TLS (RFC 8446, 5.1), with which an intercept that wants a key ends a link without
// one.
constexpr std::uint16_t kAlertBegins = 0x1503;

constexpr Address kOfferAddress = Address::v4(0x54435037);  // "TCP7"

bool is_offer(const FlowKey& flow) {
  return flow.client.address == kOfferAddress && flow.server == Endpoint{};
}

void append(const RouteMessage& message, std::vector<std::byte>& to) {
  const RouteMessageBytes bytes = encode(message);
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

void TcpcopyCodecV6::encode(const Hello& message, std::vector<std::byte>& to) {
  append(RouteMessage::version(message.version), to);
}

void TcpcopyCodecV6::encode(const Offer& message, std::vector<std::byte>& to) {
  RouteMessage offer;
  offer.type = static_cast<std::uint16_t>(RouteMessage::Type::kDeleteRoute);
  offer.flow.client = {kOfferAddress, message.version};
  append(offer, to);
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
  if (*count == kAlertBegins) return "it wants a key, and this end has none: give it with --key";
  return "a frame of " + std::to_string(*count) +
         " records cannot be: is it an intercept of control channel version " +
         std::to_string(kVersion) + ", started in the same mode?";
}

std::optional<Message> InterceptCodecV6::decode(Bytes& from) {
  if (unknown_type_) return std::nullopt;
  const auto message = messages_.next(from);
  if (!message) return std::nullopt;
  if (message->is_version()) return Hello{message->type};
  if (message->adds_route()) return AddRoute{message->flow};
  if (message->type == static_cast<std::uint16_t>(RouteMessage::Type::kDeleteRoute)) {
    if (is_offer(message->flow)) return Offer{message->flow.client.port};
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
