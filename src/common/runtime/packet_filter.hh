// SPDX-License-Identifier: BSD-3-Clause
// libpcap's filter language, compiled without a capture device.
#pragma once

#include <string>

namespace tcpcopy::runtime {

/// Lets a raw IP socket deliver only the packets that the filter wants; the rest never leaves the
/// kernel. What the socket received before is discarded.
/// @param filter libpcap's language. Throws UsageError with libpcap's words when it refuses.
void attach_filter(int raw_socket, const std::string& filter);

/// Throws UsageError, with libpcap's words and `option` in front, when libpcap refuses the filter.
void check_filter(const std::string& option, const std::string& filter);

/// The same for a filter of a raw socket, whose packets have no link layer.
void check_raw_filter(const std::string& option, const std::string& filter);

}  // namespace tcpcopy::runtime
