// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/packet_filter.hh"

#include <linux/filter.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/runtime/errors.hh"

namespace tcpcopy::runtime {
namespace {

constexpr int kSnapLength = 262144;  // a filter's verdict is how much of the packet to keep

class CompiledFilter {
 public:
  CompiledFilter(const std::string& option, const std::string& filter, int link_type)
      : pcap_(pcap_open_dead(link_type, kSnapLength), &pcap_close) {
    if (pcap_compile(pcap_.get(), &program_, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
      throw UsageError(option + " '" + filter +
                       "': libpcap refuses the filter: " + pcap_geterr(pcap_.get()));
    }
  }
  ~CompiledFilter() { pcap_freecode(&program_); }
  CompiledFilter(const CompiledFilter&) = delete;
  CompiledFilter& operator=(const CompiledFilter&) = delete;
  CompiledFilter(CompiledFilter&&) = delete;
  CompiledFilter& operator=(CompiledFilter&&) = delete;

  std::vector<sock_filter> instructions() const {
    std::vector<sock_filter> code;
    for (unsigned i = 0; i < program_.bf_len; ++i) {
      const bpf_insn& instruction = program_.bf_insns[i];
      code.push_back({instruction.code, instruction.jt, instruction.jf, instruction.k});
    }
    return code;
  }

 private:
  std::unique_ptr<pcap_t, decltype(&pcap_close)> pcap_;
  bpf_program program_{};
};

void attach(int fd, std::vector<sock_filter> code) {
  sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    throw SystemError("SO_ATTACH_FILTER: " + error_text(errno));
  }
}

}  // namespace

void check_filter(const std::string& option, const std::string& filter) {
  const CompiledFilter compiled(option, filter, DLT_EN10MB);
}

void check_raw_filter(const std::string& option, const std::string& filter) {
  const CompiledFilter compiled(option, filter, DLT_RAW);
}

void attach_filter(int raw_socket, const std::string& filter) {
  const CompiledFilter compiled("-F", filter, DLT_RAW);
  // The socket has received unfiltered packets since it was opened: close it to all, drain it.
  attach(raw_socket, {sock_filter{BPF_RET | BPF_K, 0, 0, 0}});
  std::byte ignored{};
  while (::recv(raw_socket, &ignored, sizeof ignored, MSG_DONTWAIT | MSG_TRUNC) >= 0) {
  }
  attach(raw_socket, compiled.instructions());
}

}  // namespace tcpcopy::runtime
