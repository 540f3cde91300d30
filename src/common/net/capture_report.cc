// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/capture_report.hh"

namespace tcpcopy::net {

void report(const CaptureCounters& counters, Report& to) {
  to.total({"capture_packets", "packets", "handed over by the kernel, or read from files"},
           counters.packets);
  to.total({"capture_drops", "packets", "the kernel's buffer was full"}, counters.kernel_drops);
  for (std::size_t i = 1; i < kParseErrors; ++i) {
    const auto error = static_cast<ParseError>(i);
    to.total({"packets_malformed", "packets", "left out", "kind"}, counters.of(error),
             to_string(error));
  }
}

}  // namespace tcpcopy::net
