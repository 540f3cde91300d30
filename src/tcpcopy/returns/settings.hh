// SPDX-License-Identifier: BSD-3-Clause
// What the options say of the way back.
#pragma once

#include <string>
#include <vector>

#include "common/wire/frame.hh"
#include "tcpcopy/address.hh"

namespace tcpcopy::returns {

struct Settings {
  std::vector<Endpoint> intercepts;    ///< -s, -p
  int links_per_intercept = 2;         ///< -C
  wire::FrameMode mode;                ///< --disable-combined, --with-resp-payload
  bool single = false;                 ///< --single: nothing is announced
  std::string key_file{};              ///< --key; empty: links in clear
  bool wants_payload = false;          ///< --module: where it can be asked for
  std::vector<std::string> devices{};  ///< --responses; empty: intercepts bring them
};

}  // namespace tcpcopy::returns
