// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/injector.hh"

#include <spdlog/spdlog.h>

#include "common/runtime/errors.hh"

namespace tcpcopy::inject {

void Injector::refuse(int error, std::uint64_t packets) {
  const SendError kind = send_error(error);
  std::uint64_t& count = counters_.errors[static_cast<std::size_t>(kind)];
  if (count == 0) {
    spdlog::warn(
        "the kernel refuses packets for the target: {}; {}. The replay goes on; further "
        "ones are counted as {}",
        runtime::error_text(error), explanation(kind), to_string(kind));
  }
  count += packets;
  counters_.refused += packets;
}

}  // namespace tcpcopy::inject
