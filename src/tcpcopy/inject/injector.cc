// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/injector.hh"

#include <spdlog/spdlog.h>

#include "common/runtime/errors.hh"

namespace tcpcopy::inject {

void Injector::report(Report& to) const {
  to.total({"injected_packets", "packets", "that the kernel took"}, counters_.packets);
  to.total({"injected_merged", "packets", "of these, left in one frame with the one before"},
           counters_.merged);
  for (std::size_t i = 0; i < kSendErrors; ++i) {
    to.total({"injected_refused", "packets", "that the kernel did not take", "kind"},
             counters_.errors[i], to_string(static_cast<SendError>(i)));
  }
}

std::string Injector::refusals() const {
  std::string kinds;
  for (std::size_t i = 0; i < kSendErrors; ++i) {
    if (counters_.errors[i] == 0) continue;
    if (!kinds.empty()) kinds += ", ";
    kinds += to_string(static_cast<SendError>(i));
  }
  return kinds;
}

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
}

}  // namespace tcpcopy::inject
