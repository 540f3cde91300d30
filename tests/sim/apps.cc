// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/apps.hh"

#include <array>
#include <cstdio>

namespace tcpcopy::sim {

std::string Request::to_bytes() const {
  std::array<char, kHeader + 1> header{};
  std::snprintf(header.data(), header.size(), "GET /%04u/%03u/%06u/%07u\r\n", client % 10000,
                number % 1000, body % 1000000, response % 10000000);
  std::string bytes(header.data(), kHeader);
  for (std::uint32_t i = 0; i < body; ++i) {
    bytes += static_cast<char>('a' + (i * 31 + number * 7 + client) % 23);
  }
  return bytes;
}

std::optional<Request> Request::parse(const std::string& bytes) {
  Request request;
  if (bytes.size() < kHeader ||
      std::sscanf(bytes.c_str(), "GET /%4u/%3u/%6u/%7u\r\n", &request.client, &request.number,
                  &request.body, &request.response) != 4) {
    return std::nullopt;
  }
  return request;
}

std::optional<Request> RequestReader::next() {
  if (bad_ || buffer_.size() < Request::kHeader) return std::nullopt;
  const auto request = Request::parse(buffer_);
  if (!request) {
    bad_ = true;
    return std::nullopt;
  }
  if (buffer_.size() < Request::kHeader + request->body) return std::nullopt;
  buffer_.erase(0, Request::kHeader + request->body);
  announced_ = false;
  return request;
}

std::optional<Request> RequestReader::begun() {
  if (bad_ || announced_) return std::nullopt;
  const auto request = Request::parse(buffer_);
  announced_ = request.has_value();
  return request;
}

std::vector<Act> draw_script(Dice& dice, std::uint32_t client, const Habits& habits) {
  std::vector<Act> script;
  std::uint32_t number = 0;
  const bool one_way = dice.chance(0.05);  // nothing is ever answered
  const auto request = [&] {
    Request drawn{client, number++, 0, 0};
    if (dice.chance(0.3)) drawn.body = static_cast<std::uint32_t>(dice.between(1, 4000));
    if (dice.chance(0.003)) drawn.body = static_cast<std::uint32_t>(dice.between(1, 150'000));
    if (habits.floods) drawn.body = static_cast<std::uint32_t>(dice.between(1000, 8000));
    if (one_way) return drawn;
    drawn.response = static_cast<std::uint32_t>(dice.chance(0.2) ? dice.between(2000, 20'000)
                                                                 : dice.between(1, 900));
    return drawn;
  };
  const auto turns = dice.between(1, 6);
  for (int turn = 0; turn < turns; ++turn) {
    const bool tiny = !habits.floods && dice.chance(0.1);
    Act send{tiny ? Act::Kind::kSendTiny : Act::Kind::kSend, {}, 0};
    const auto pipelined = habits.floods                                       ? dice.between(5, 15)
                           : send.kind == Act::Kind::kSend && dice.chance(0.2) ? dice.between(2, 5)
                                                                               : 1;
    for (int i = 0; i < pipelined; ++i)
      send.requests.push_back(request());
    if (send.kind == Act::Kind::kSendTiny) send.requests[0].body %= 20;
    script.push_back(std::move(send));
    if (dice.chance(0.9)) script.push_back({Act::Kind::kAwait, {}, 0});
    if (dice.chance(0.2)) script.push_back({Act::Kind::kPause, {}, dice.between(1, 3000)});
    if (dice.chance(0.005)) script.push_back({Act::Kind::kPause, {}, dice.between(1, 4'000'000)});
    if (habits.waits_long && dice.chance(0.5)) {
      script.push_back(
          {Act::Kind::kPause, {}, dice.between(100, dice.chance(0.3) ? 100'000 : 9000)});
    }
    if (dice.chance(0.03)) script.push_back({Act::Kind::kKeepAlive, {}, 0});
  }
  const auto ending = dice.between(0, 9);
  if (ending < 2) {
    script.push_back({Act::Kind::kAwait, {}, 0});
    script.push_back({Act::Kind::kAbort, {}, 0});
  } else if (ending == 2) {
    Request bye{client, number++, 0, Request::kBye};
    script.push_back({Act::Kind::kAwait, {}, 0});
    script.push_back({Act::Kind::kSend, {bye}, 0});
    script.push_back({Act::Kind::kClose, {}, 0});
  } else if (ending == 3) {
    script.push_back({Act::Kind::kClose, {}, 0});  // half-closed while responses are to come
  } else {
    script.push_back({Act::Kind::kAwait, {}, 0});
    script.push_back({Act::Kind::kClose, {}, 0});
  }
  return script;
}

}  // namespace tcpcopy::sim
