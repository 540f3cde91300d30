// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/codec_v7.hh"

#include <algorithm>
#include <array>

#include "common/net/bytes.hh"

namespace tcpcopy::wire {
namespace {

enum class Type : std::uint8_t {
  kHello = 1,
  kAddRoute = 2,
  kCaptured = 3,
  kAlive = 4,
  kAsk = 5,
  kTell = 6
};

constexpr std::size_t kHeadSize = 4;
constexpr std::size_t kHelloSize = 8;  // without the words
constexpr std::size_t kEndpointSize = 18;
constexpr std::size_t kCapturedSize = 8;  // without the headers
constexpr std::size_t kTimeSize = 8;
constexpr std::size_t kAliveSize = 40;
constexpr std::size_t kTellSize = 2 * kEndpointSize + 12;
constexpr std::uint16_t kSingle = 1;
// Of a Tell: what is known, and whether it is so.
constexpr std::uint8_t kCameKnown = 1;
constexpr std::uint8_t kTakesKnown = 2;
constexpr std::uint8_t kTakes = 4;
constexpr std::uint8_t kForwardsKnown = 8;
constexpr std::uint8_t kForwards = 16;
constexpr std::uint8_t kReversePathKnown = 32;
constexpr std::size_t kMaxAbout = 1000;

// Appends a head and room for the body. @return the body.
std::byte* append(Type type, std::size_t body, std::vector<std::byte>& to) {
  const std::size_t at = to.size();
  to.resize(at + kHeadSize + body);
  to[at] = static_cast<std::byte>(type);
  net::store_be16(&to[at + 2], static_cast<std::uint16_t>(body));
  return &to[at] + kHeadSize;
}

void store_endpoint(std::byte* at, const Endpoint& endpoint) {
  for (const std::uint32_t word : endpoint.address.words()) {
    net::store_be32(at, word);
    at += sizeof word;
  }
  net::store_be16(at, endpoint.port);
}

void store_flow(std::byte* at, const FlowKey& flow) {
  store_endpoint(at, flow.client);
  store_endpoint(at + kEndpointSize, flow.server);
}

Endpoint load_endpoint(const std::byte* at) {
  std::array<std::uint32_t, 4> words{};
  for (std::uint32_t& word : words) {
    word = net::load_be32(at);
    at += sizeof word;
  }
  return {Address::of_words(words), net::load_be16(at)};
}

FlowKey load_flow(const std::byte* at) {
  return {load_endpoint(at), load_endpoint(at + kEndpointSize)};
}

void store_time(std::byte* at, Instant time) {
  net::store_be64(at, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

Instant load_time(const std::byte* at) {
  return Instant(Duration(static_cast<Duration::rep>(net::load_be64(at))));
}

// Each takes a body of at least its fixed size.
std::optional<Message> hello(Bytes body) {
  const std::size_t about = net::load_be16(&body[6]);
  if (body.size() - kHelloSize < about) return std::nullopt;
  const void* text = body.data() + kHelloSize;
  return Hello{net::load_be16(body.data()),
               (net::load_be16(&body[2]) & kSingle) != 0,
               net::load_be16(&body[4]),
               {static_cast<const char*>(text), about}};
}

std::optional<Message> captured(Bytes body) {
  const std::size_t ip_size = std::to_integer<std::size_t>(body[6]);
  const std::size_t tcp_size = std::to_integer<std::size_t>(body[7]);
  const std::size_t payload_size = net::load_be16(&body[4]);
  if (body.size() - kCapturedSize < ip_size + tcp_size + payload_size) return std::nullopt;
  CapturedHeaders headers;
  headers.payload_length = net::load_be32(body.data());
  if (payload_size > headers.payload_length) return std::nullopt;
  body = body.subspan(kCapturedSize);
  headers.ip = body.first(ip_size);
  headers.tcp = body.subspan(ip_size, tcp_size);
  headers.payload = body.subspan(ip_size + tcp_size, payload_size);
  body = body.subspan(ip_size + tcp_size + payload_size);
  if (body.size() >= kTimeSize) headers.captured_at = load_time(body.data());
  return headers;
}

Message alive(const std::byte* at) {
  return Alive{load_time(at),
               load_time(at + 8),
               load_time(at + 16),
               {net::load_be64(at + 24), net::load_be64(at + 32)}};
}

Message tell(const std::byte* at) {
  Tell tell;
  tell.flow = load_flow(at);
  at += 2 * kEndpointSize;
  tell.captured = net::load_be32(at);
  tell.flags.bits = std::to_integer<std::uint8_t>(at[8]);
  const auto known = std::to_integer<std::uint8_t>(at[9]);
  if ((known & kCameKnown) != 0) tell.came = net::load_be32(at + 4);
  if ((known & kTakesKnown) != 0) tell.takes = (known & kTakes) != 0;
  if ((known & kForwardsKnown) != 0) tell.forwards = (known & kForwards) != 0;
  if ((known & kReversePathKnown) != 0) tell.rp_filter = std::to_integer<std::uint8_t>(at[10]);
  return tell;
}

struct Kind {
  bool known;
  std::size_t smallest;  // body
};

Kind kind_of(std::byte type) {
  switch (static_cast<Type>(type)) {
    case Type::kHello:
      return {true, kHelloSize};
    case Type::kAddRoute:
      return {true, 2 * kEndpointSize};
    case Type::kCaptured:
      return {true, kCapturedSize};
    case Type::kAlive:
      return {true, kAliveSize};
    case Type::kAsk:
      return {true, 2 * kEndpointSize};
    case Type::kTell:
      return {true, kTellSize};
  }
  return {false, 0};
}

// REQUIRES: the type is known, the body not smaller than the smallest.
std::optional<Message> message_in(std::byte type, Bytes body) {
  switch (static_cast<Type>(type)) {
    case Type::kHello:
      return hello(body);
    case Type::kAddRoute:
      return AddRoute{load_flow(body.data())};
    case Type::kCaptured:
      return captured(body);
    case Type::kAlive:
      return alive(body.data());
    case Type::kAsk:
      return Ask{load_flow(body.data())};
    case Type::kTell:
      return tell(body.data());
  }
  return std::nullopt;
}

}  // namespace

void encode_v7(const Hello& message, std::vector<std::byte>& to) {
  const std::string_view about = message.about.substr(0, kMaxAbout);
  std::byte* body = append(Type::kHello, kHelloSize + about.size(), to);
  net::store_be16(body, message.version);
  net::store_be16(body + 2, message.single ? kSingle : std::uint16_t{0});
  net::store_be16(body + 4, message.payload);
  net::store_be16(body + 6, static_cast<std::uint16_t>(about.size()));
  std::transform(about.begin(), about.end(), body + kHelloSize,
                 [](char c) { return static_cast<std::byte>(c); });
}

void encode_v7(const AddRoute& message, std::vector<std::byte>& to) {
  store_flow(append(Type::kAddRoute, 2 * kEndpointSize, to), message.flow);
}

void encode_v7(const CapturedHeaders& message, std::size_t max_payload,
               std::vector<std::byte>& to) {
  const Bytes payload = message.payload.first(std::min(message.payload.size(), max_payload));
  const std::size_t size =
      kCapturedSize + message.ip.size() + message.tcp.size() + payload.size() + kTimeSize;
  std::byte* body = append(Type::kCaptured, size, to);
  net::store_be32(body, message.payload_length);
  net::store_be16(body + 4, static_cast<std::uint16_t>(payload.size()));
  body[6] = static_cast<std::byte>(message.ip.size());
  body[7] = static_cast<std::byte>(message.tcp.size());
  body += kCapturedSize;
  std::byte* const ip = body;
  for (const Bytes part : {message.ip, message.tcp, payload})
    body = std::copy(part.begin(), part.end(), body);
  store_time(body, message.captured_at);
  if (message.ip.size() >= net::kIpv4HeaderSize) mend_total_length(ip, message);
}

void encode_v7(const Alive& message, std::vector<std::byte>& to) {
  std::byte* body = append(Type::kAlive, kAliveSize, to);
  store_time(body, message.sent_at);
  store_time(body + 8, message.heard);
  store_time(body + 16, message.heard_at);
  net::store_be64(body + 24, message.seen.packets);
  net::store_be64(body + 32, message.seen.drops);
}

void encode_v7(const Ask& message, std::vector<std::byte>& to) {
  store_flow(append(Type::kAsk, 2 * kEndpointSize, to), message.flow);
}

void encode_v7(const Tell& message, std::vector<std::byte>& to) {
  std::byte* body = append(Type::kTell, kTellSize, to);
  store_flow(body, message.flow);
  body += 2 * kEndpointSize;
  net::store_be32(body, message.captured);
  net::store_be32(body + 4, message.came.value_or(0));
  unsigned known = 0;
  if (message.came) known |= kCameKnown;
  if (message.takes) known |= kTakesKnown | (*message.takes ? kTakes : 0U);
  if (message.forwards) known |= kForwardsKnown | (*message.forwards ? kForwards : 0U);
  if (message.rp_filter) known |= kReversePathKnown;
  body[8] = static_cast<std::byte>(message.flags.bits);
  body[9] = static_cast<std::byte>(known);
  body[10] = static_cast<std::byte>(message.rp_filter.value_or(0));
}

// @return a whole message, its head included.
std::optional<Bytes> DecoderV7::next(Bytes& from) {
  if (complete_) {
    partial_.clear();
    complete_ = false;
  }
  if (partial_.empty() && from.size() >= kHeadSize) {  // whole in the input: no copy
    const std::size_t size = kHeadSize + net::load_be16(&from[2]);
    if (from.size() >= size) {
      const Bytes message = from.first(size);
      from = from.subspan(size);
      return message;
    }
  }
  const auto take = [&](std::size_t wanted) {
    const std::size_t taken = std::min(from.size(), wanted - std::min(wanted, partial_.size()));
    partial_.insert(partial_.end(), from.begin(),
                    from.begin() + static_cast<std::ptrdiff_t>(taken));
    from = from.subspan(taken);
    return partial_.size() >= wanted;
  };
  if (!take(kHeadSize) || !take(kHeadSize + net::load_be16(&partial_[2]))) return std::nullopt;
  complete_ = true;
  return partial_;
}

std::optional<Message> DecoderV7::decode(Bytes& from) {
  while (!fault_) {
    const auto whole = next(from);
    if (!whole) return std::nullopt;
    const std::byte type = whole->front();
    const Bytes body = whole->subspan(kHeadSize);
    const Kind kind = kind_of(type);
    if (!kind.known) continue;
    auto message = body.size() < kind.smallest ? std::nullopt : message_in(type, body);
    if (message) return message;
    fault_ = "a message of type " + std::to_string(std::to_integer<int>(type)) + " and " +
             std::to_string(body.size()) + " bytes cannot be";
  }
  return std::nullopt;
}

}  // namespace tcpcopy::wire
