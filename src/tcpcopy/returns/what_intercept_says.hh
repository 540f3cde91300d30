// SPDX-License-Identifier: BSD-3-Clause
// What an intercept tells of itself, into the log: each thing once, whichever link brings it.
#pragma once

#include <cstdint>
#include <string>

#include "common/channel/tcpcopy_end.hh"

namespace tcpcopy::returns {

class WhatInterceptSays {
 public:
  explicit WhatInterceptSays(const Endpoint& intercept) : intercept_(intercept) {}

  /// @param end of a link that knows by now what the intercept speaks.
  void on_told(const channel::TcpcopyEnd& end);

 private:
  Endpoint intercept_;
  std::uint16_t version_ = 0;
  std::string about_;
  std::uint64_t drops_ = 0;
};

}  // namespace tcpcopy::returns
