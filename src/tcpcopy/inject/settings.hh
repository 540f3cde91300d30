// SPDX-License-Identifier: BSD-3-Clause
// What the options say of the way to the targets.
#pragma once

#include <string>

namespace tcpcopy::inject {

struct Settings {
  enum class Way {
    kRaw,     ///< a raw socket
    kDevice,  ///< at the link layer
  };

  Way way = Way::kRaw;  ///< --send, --pcap-send
  std::string device;   ///< -o; empty: that of the route
};

}  // namespace tcpcopy::inject
