// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/garbling.hh"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "tests/sim/apps.hh"
#include "tests/sim/dice.hh"

namespace tcpcopy::sim {
namespace {

constexpr std::size_t kPadding = 3;            // `+nn`, before so many bytes
constexpr std::size_t kShortHeader = 21;       // `<` and the digits
constexpr std::size_t kLongestDoubled = 3000;  // bytes of a body that is doubled

std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

std::string text_of(Bytes bytes) {
  std::string text(bytes.size(), '\0');
  std::transform(bytes.begin(), bytes.end(), text.begin(),
                 [](std::byte b) { return static_cast<char>(b); });
  return text;
}

std::string only_digits(const std::string& header) {
  std::string digits;
  std::copy_if(header.begin(), header.end(), std::back_inserter(digits),
               [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

std::string header_of_digits(const std::string& digits) {
  return "GET /" + digits.substr(0, 4) + '/' + digits.substr(4, 3) + '/' + digits.substr(7, 6) +
         '/' + digits.substr(13, 7) + "\r\n";
}

class GarblingSession : public ModuleSession {
 public:
  GarblingSession(std::uint64_t seed, bool awaits_greeting)
      : seed_(seed), awaits_greeting_(awaits_greeting) {}

  void on_open(const ModuleOpening&, Script& out) override {
    greeted_ = false;
    if (seed_ % 2 == 0) out.insert(bytes_of("+05hello"));
  }

  void on_client(const ModuleInput& input, Script& out) override {
    if (awaits_greeting_ && !greeted_) return out.hold();
    if (input.bytes.size() < Request::kHeader) return;
    const std::string header = text_of(input.bytes.first(Request::kHeader));
    const auto request = Request::parse(header);
    if (!request) return out.fail("what was shown is no request");
    garble(*request, header, input, out);
  }

  void on_target(const ModuleAnswer&, Script&) override { greeted_ = true; }

  bool may_join(Bytes beginning) const override {
    const std::string start = "GET /";
    const std::string text = text_of(beginning.first(std::min(beginning.size(), start.size())));
    return start.starts_with(text);
  }

 private:
  void garble(const Request& request, const std::string& header, const ModuleInput& input,
              Script& out) const {
    Dice dice(seed_ + request.client * 1000 + request.number);
    const std::size_t whole = Request::kHeader + request.body;
    switch (dice.between(0, 5)) {
      case 0:
        return out.keep(whole);
      case 1: {
        char padding[kPadding + 1];
        const auto length = static_cast<int>(dice.between(0, 99));
        std::snprintf(padding, sizeof padding, "+%02d", length);
        out.insert(bytes_of(padding + std::string(static_cast<std::size_t>(length), 'p')));
        return out.keep(whole);
      }
      case 2:
        out.replace(Request::kHeader, bytes_of('<' + only_digits(header)));
        if (request.body > 0) out.keep(request.body);
        return;
      case 3:
        out.replace(Request::kHeader, bytes_of('>' + header + header));
        if (request.body > 0) out.keep(request.body);
        return;
      case 4:
        if (request.body > kLongestDoubled) return out.keep(whole);
        if (input.bytes.size() < whole) return;
        return out.replace(
            whole,
            bytes_of('*' + header + doubled(input.bytes.subspan(Request::kHeader, request.body))));
      default:
        out.drop(1);
        return out.keep(whole - 1);
    }
  }

  static std::string doubled(Bytes bytes) {
    std::string text;
    for (const std::byte b : bytes)
      text += std::string(2, static_cast<char>(b));
    return text;
  }

  std::uint64_t seed_;
  bool awaits_greeting_;
  bool greeted_ = false;
};

}  // namespace

std::unique_ptr<ModuleSession> Garbling::open_session() {
  return std::make_unique<GarblingSession>(seed_, awaits_greeting_);
}

std::string Ungarbler::feed(const std::string& bytes) {
  buffer_ += bytes;
  std::string out;
  do {
    take_body(out);
  } while (body_left_ == 0 && !bad_ && begin_message(out));
  return out;
}

void Ungarbler::take_body(std::string& out) {
  const std::size_t there = std::min(body_left_, buffer_.size() / repeated_);
  for (std::size_t i = 0; i < there; ++i)
    out += buffer_[i * repeated_];
  buffer_.erase(0, there * repeated_);
  body_left_ -= there;
}

// @return whether one began, so that there may be more.
bool Ungarbler::begin_message(std::string& out) {
  if (buffer_.empty()) return false;
  std::size_t taken = Request::kHeader;
  std::string header;
  repeated_ = 1;
  switch (buffer_[0]) {
    case '+': {
      if (buffer_.size() < kPadding) return false;
      const auto length = static_cast<std::size_t>(std::stoi(buffer_.substr(1, 2)));
      if (buffer_.size() < kPadding + length) return false;
      buffer_.erase(0, kPadding + length);
      return true;
    }
    case '<':
      taken = kShortHeader;
      if (buffer_.size() >= taken) header = header_of_digits(buffer_.substr(1));
      break;
    case '>':
      taken = 1 + 2 * Request::kHeader;
      if (buffer_.size() >= taken) header = buffer_.substr(1, Request::kHeader);
      break;
    case '*':
      taken = 1 + Request::kHeader;
      if (buffer_.size() >= taken) header = buffer_.substr(1, Request::kHeader);
      repeated_ = 2;
      break;
    case 'E':
      taken = Request::kHeader - 1;
      if (buffer_.size() >= taken) header = 'G' + buffer_.substr(0, taken);
      break;
    default:
      if (buffer_.size() >= taken) header = buffer_.substr(0, taken);
      break;
  }
  if (header.empty()) return false;
  const auto request = Request::parse(header);
  bad_ = !request.has_value();
  if (bad_) return false;
  buffer_.erase(0, taken);
  body_left_ = request->body;
  out += header;
  return true;
}

}  // namespace tcpcopy::sim
