// SPDX-License-Identifier: BSD-3-Clause
// What is added to filters in libpcap's language.
#pragma once

#include <string>

namespace tcpcopy::pcap {

/// The filter, and fragments of datagrams that are not their beginnings: these have no ports, so
/// that no filter for ports lets them pass. They stand in front, for `vlan` or `mpls` in a filter
/// moves all that follows in the text.
inline std::string with_later_fragments(const std::string& filter) {
  return "(ip[6:2] & 0x1fff != 0) or (" + filter + ")";
}

/// The same, and inside of up to two VLAN tags as well. What libpcap cannot look into together with
/// them passes as it is: further tags, tags of the types that it does not know, MPLS, PPPoE.
inline std::string with_wrapped(const std::string& filter) {
  const std::string here =
      "(ether proto 0x8847) or (ether proto 0x8848) or (ether proto 0x8864) or "
      "(ether proto 0x9200) or (ether proto 0x9300) or " +
      with_later_fragments(filter);
  const std::string third_tag =
      "(ether proto 0x8100) or (ether proto 0x88a8) or (ether proto 0x9100) or ";
  return here + " or (vlan and (" + here + " or (vlan and (" + third_tag + here + "))))";
}

}  // namespace tcpcopy::pcap
