// SPDX-License-Identifier: BSD-3-Clause
#include "common/pcap/filter_check.hh"

#include <pcap/pcap.h>

namespace tcpcopy::pcap {

void FilterCheck::Free::operator()(bpf_program* program) const {
  pcap_freecode(program);
  std::default_delete<bpf_program>()(program);
}

FilterCheck::FilterCheck(const std::string& filter) {
  constexpr int kWhole = 65535;
  pcap_t* none = pcap_open_dead(DLT_RAW, kWhole);
  if (none == nullptr) return;
  auto program = std::make_unique<bpf_program>();
  if (pcap_compile(none, program.get(), filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0) {
    program_.reset(program.release());
  }
  pcap_close(none);
}

std::optional<bool> FilterCheck::takes(Bytes packet) const {
  if (program_ == nullptr) return std::nullopt;
  pcap_pkthdr header{};
  header.caplen = header.len = static_cast<bpf_u_int32>(packet.size());
  const void* bytes = packet.data();
  return pcap_offline_filter(program_.get(), &header, static_cast<const u_char*>(bytes)) != 0;
}

}  // namespace tcpcopy::pcap
