// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/kernel_number.hh"

#include <fstream>

namespace tcpcopy::runtime {

std::optional<std::uint64_t> kernel_number(const char* path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

}  // namespace tcpcopy::runtime
