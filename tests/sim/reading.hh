// SPDX-License-Identifier: BSD-3-Clause
// The oracle of what a connection of the target reads: a client's stream, from the start of one of
// its requests on.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "tests/sim/clients.hh"
#include "tests/sim/stage.hh"

namespace tcpcopy::sim {

class Reading {
 public:
  /// Of a client's stream: [from, to).
  struct Stretch {
    std::size_t from;
    std::size_t to;
  };

  Reading(Stage& stage, const Clients& clients) : stage_(stage), clients_(clients) {}

  /// The next bytes were read.
  /// @return where they stand, with those before them of which it was not known; nothing when it
  ///   still is not.
  std::optional<Stretch> take(const std::string& bytes);

  /// Whose stream it is; null until that is known.
  const Client* client() const { return client_; }
  /// Where in the stream it began, and how far it is.
  std::size_t began_at() const { return began_at_; }
  std::size_t position() const { return position_; }
  /// It began in the middle of a request, so nothing that it reads is looked at.
  bool in_the_middle() const { return in_the_middle_; }

 private:
  void find_begin();
  bool begins_in_the_middle();
  std::optional<Stretch> advance(const std::string& bytes);

  Stage& stage_;
  const Clients& clients_;
  std::string head_;  // until the first request tells whose it is
  const Client* client_ = nullptr;
  std::size_t began_at_ = 0;
  std::size_t position_ = 0;
  bool in_the_middle_ = false;
};

}  // namespace tcpcopy::sim
