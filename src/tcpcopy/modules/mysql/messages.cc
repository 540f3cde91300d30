// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/modules/mysql/messages.hh"

#include <algorithm>

#include "tcpcopy/modules/mysql/scramble.hh"

namespace tcpcopy::modules::mysql {
namespace {

// Reads little-endian values and strings; what is not there sets bad().
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    const Bytes from = bytes(size);
    for (std::size_t i = 0; i < from.size(); ++i)
      value |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
    return value;
  }
  std::uint64_t length_encoded() {
    const std::uint64_t first = number(1);
    if (first < 0xfb) return first;
    if (first == 0xfc) return number(2);
    if (first == 0xfd) return number(3);
    if (first == 0xfe) return number(8);
    bad_ = true;
    return 0;
  }
  Bytes bytes(std::uint64_t size) {
    if (size > rest_.size()) {
      bad_ = true;
      rest_ = {};
      return {};
    }
    const Bytes taken = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(static_cast<std::size_t>(size));
    return taken;
  }
  std::string terminated() {
    const auto end = std::find(rest_.begin(), rest_.end(), std::byte{0});
    if (end == rest_.end()) {
      bad_ = true;
      return {};
    }
    std::string text = to_text(bytes(static_cast<std::uint64_t>(end - rest_.begin())));
    bytes(1);
    return text;
  }
  Bytes rest() { return bytes(rest_.size()); }
  std::size_t left() const { return rest_.size(); }
  bool bad() const { return bad_; }

  static std::string to_text(Bytes bytes) {
    std::string text(bytes.size(), '\0');
    std::transform(bytes.begin(), bytes.end(), text.begin(),
                   [](std::byte b) { return static_cast<char>(b); });
    return text;
  }

 private:
  Bytes rest_;
  bool bad_ = false;
};

// Names stand in the log, so what is none is none: MariaDB's have 128 bytes at most.
bool is_name(const std::string& text) {
  return text.size() <= 256 &&
         std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; });
}

std::vector<std::byte> copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

class Writer {
 public:
  Writer& number(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }
  Writer& bytes(Bytes bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Writer& terminated(std::string_view text) {
    bytes(std::as_bytes(std::span(text)));
    return number(0, 1);
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

Frame read_frame(Bytes bytes) {
  Reader reader(bytes);
  const auto length = static_cast<std::uint32_t>(reader.number(3));
  return {length, static_cast<std::uint8_t>(reader.number(1))};
}

std::vector<std::byte> framed(std::uint8_t number, Bytes payload) {
  return Writer().number(payload.size(), 3).number(number, 1).bytes(payload).take();
}

std::optional<Greeting> parse_greeting(Bytes payload) {
  Reader reader(payload);
  Greeting greeting;
  if (reader.number(1) != 10) return std::nullopt;
  reader.terminated();  // the server's version
  reader.number(4);     // its number of this connection
  greeting.challenge = copy(reader.bytes(8));
  reader.number(1);
  greeting.capabilities = static_cast<std::uint32_t>(reader.number(2));
  reader.number(1);  // charset
  reader.number(2);  // status
  greeting.capabilities |= static_cast<std::uint32_t>(reader.number(2)) << 16U;
  const std::uint64_t length = reader.number(1);
  reader.bytes(10);
  const std::uint64_t second = std::max<std::uint64_t>(13, length > 8 ? length - 8 : 0);
  const Bytes rest = reader.bytes(second);
  if (reader.bad()) return std::nullopt;
  greeting.challenge.insert(greeting.challenge.end(), rest.begin(),
                            rest.begin() + (kChallenge - 8));
  greeting.plugin = kNative;
  if ((greeting.capabilities & capability::kPluginAuth) != 0) {
    std::string plugin = Reader::to_text(reader.rest());  // some end without the NUL
    plugin.resize(std::min(plugin.size(), plugin.find('\0')));
    if (!plugin.empty()) greeting.plugin = plugin;
  }
  return greeting;
}

std::optional<Login> parse_login(Bytes payload) {
  Reader reader(payload);
  Login login;
  login.capabilities = static_cast<std::uint32_t>(reader.number(4));
  if ((login.capabilities & capability::kProtocol41) == 0) return std::nullopt;
  login.max_packet = static_cast<std::uint32_t>(reader.number(4));
  login.charset = static_cast<std::uint8_t>(reader.number(1));
  login.filler = copy(reader.bytes(23));
  login.user = reader.terminated();
  if ((login.capabilities & capability::kLengthEncodedAuth) != 0) {
    login.answer = copy(reader.bytes(reader.length_encoded()));
  } else if ((login.capabilities & capability::kSecureConnection) != 0) {
    login.answer = copy(reader.bytes(reader.number(1)));
  } else {
    return std::nullopt;
  }
  if ((login.capabilities & capability::kConnectWithDb) != 0 && reader.left() > 0)
    login.database = reader.terminated();
  if ((login.capabilities & capability::kPluginAuth) != 0 && reader.left() > 0)
    login.plugin = reader.terminated();
  login.attributes = copy(reader.rest());
  if (reader.bad() || !is_name(login.user)) return std::nullopt;
  return login;
}

std::vector<std::byte> payload_of(const Login& login) {
  Writer writer;
  std::vector<std::byte> filler = login.filler;
  filler.resize(23);
  writer.number(login.capabilities, 4).number(login.max_packet, 4).number(login.charset, 1);
  writer.bytes(filler).terminated(login.user);
  writer.number(login.answer.size(), 1).bytes(login.answer);  // as length-encoded: below 251
  if ((login.capabilities & capability::kConnectWithDb) != 0) writer.terminated(login.database);
  if ((login.capabilities & capability::kPluginAuth) != 0) writer.terminated(login.plugin);
  return writer.bytes(login.attributes).take();
}

std::optional<ChangeUser> parse_change_user(Bytes payload, std::uint32_t capabilities) {
  Reader reader(payload);
  ChangeUser change;
  reader.number(1);  // the command
  change.user = reader.terminated();
  if ((capabilities & capability::kSecureConnection) == 0) return std::nullopt;
  change.answer = copy(reader.bytes(reader.number(1)));
  change.database = reader.terminated();
  if (reader.left() >= 2) change.charset = copy(reader.bytes(2));
  if ((capabilities & capability::kPluginAuth) != 0 && reader.left() > 0)
    change.plugin = reader.terminated();
  change.attributes = copy(reader.rest());
  if (reader.bad() || !is_name(change.user)) return std::nullopt;
  return change;
}

std::vector<std::byte> payload_of(const ChangeUser& change, std::uint32_t capabilities) {
  Writer writer;
  writer.number(0x11, 1).terminated(change.user);
  writer.number(change.answer.size(), 1).bytes(change.answer).terminated(change.database);
  writer.bytes(change.charset);
  if ((capabilities & capability::kPluginAuth) != 0 && !change.charset.empty())
    writer.terminated(change.plugin);
  return writer.bytes(change.attributes).take();
}

std::optional<AuthSwitch> parse_auth_switch(Bytes payload) {
  Reader reader(payload);
  AuthSwitch asked;
  reader.number(1);
  asked.plugin = reader.terminated();
  const Bytes challenge = reader.rest();
  if (reader.bad() || challenge.size() < kChallenge || !is_name(asked.plugin)) return std::nullopt;
  asked.challenge = copy(challenge.first(kChallenge));
  return asked;
}

std::string error_text(Bytes payload) {
  Reader reader(payload);
  reader.number(1);
  const std::uint64_t code = reader.number(2);
  if (reader.left() >= 6 && payload[3] == std::byte{'#'}) reader.bytes(6);  // the SQL state
  std::string text = Reader::to_text(reader.rest());
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
  return "error " + std::to_string(code) + ": " + text;
}

}  // namespace tcpcopy::modules::mysql
