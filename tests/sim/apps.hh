// SPDX-License-Identifier: BSD-3-Clause
// What clients and servers of the simulator say to each other.
//
// A request is `GET /<client>/<number>/<body length>/<response length>\r\n` with fixed-width
// fields, and the body. So the target knows of every byte where it belongs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/dice.hh"

namespace tcpcopy::sim {

struct Request {
  static constexpr std::size_t kHeader = 30;
  static constexpr std::uint32_t kBye = 9'999'999;  ///< as a response length: the server closes

  std::uint32_t client = 0;
  std::uint32_t number = 0;
  std::uint32_t body = 0;
  std::uint32_t response = 0;

  std::string to_bytes() const;
  /// @param bytes begin at the header. @return nothing when they are no request.
  static std::optional<Request> parse(const std::string& bytes);
};

inline constexpr std::size_t kGreeting = 20;  ///< bytes that a server says first, on its own port

/// One thing that a client does.
struct Act {
  enum class Kind : std::uint8_t {
    kSend,      ///< requests, all at once
    kSendTiny,  ///< one request, byte by byte
    kAwait,     ///< all responses so far
    kPause,
    kKeepAlive,  ///< a probe
    kClose,      ///< FIN, after which responses are still read
    kAbort,
  };
  Kind kind;
  std::vector<Request> requests;
  std::int64_t pause_ms = 0;
};

/// What a script has to have, for a target of some character.
struct Habits {
  bool waits_long = false;  ///< for longer than a target keeps an idle connection, and a route
  bool floods = false;      ///< many large requests at once, with large responses
};

/// Draws what a client does from its first byte to its last.
std::vector<Act> draw_script(Dice& dice, std::uint32_t client, const Habits& habits = {});

/// Takes a server's bytes and says when a request is complete.
class RequestReader {
 public:
  /// @return the next complete request, once `feed` gave all its bytes.
  std::optional<Request> next();
  /// @return the request whose header is there, once for each, before `next` returns it.
  std::optional<Request> begun();
  void feed(const std::string& bytes) { buffer_ += bytes; }
  bool bad() const { return bad_; }

 private:
  std::string buffer_;
  bool bad_ = false;
  bool announced_ = false;
};

}  // namespace tcpcopy::sim
