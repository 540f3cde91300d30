// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace tcpcopy::modules {

/// One of --module: its name, and the file that configures it.
struct Chosen {
  std::string name;
  std::string file;
};

}  // namespace tcpcopy::modules
