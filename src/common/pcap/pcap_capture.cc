// SPDX-License-Identifier: BSD-3-Clause
#include "common/pcap/pcap_capture.hh"

#include <pcap/pcap.h>

#include <array>

#include "common/pcap/filter_text.hh"
#include "common/runtime/errors.hh"

namespace tcpcopy::pcap {
namespace {

constexpr int kBlockTimeoutMs = 1;

}  // namespace

struct PcapCapture::Frames {
  OnFrame on_frame;
  void* reader;
  std::uint64_t count;

  static void add(unsigned char* user, const pcap_pkthdr* header, const unsigned char* bytes) {
    auto* frames = static_cast<Frames*>(static_cast<void*>(user));
    ++frames->count;
    const auto* begin = static_cast<const std::byte*>(static_cast<const void*>(bytes));
    frames->on_frame(
        frames->reader,
        {{begin, header->caplen},
         header->len > header->caplen ? header->len - header->caplen : std::size_t{0},
         std::chrono::seconds(header->ts.tv_sec) + std::chrono::microseconds(header->ts.tv_usec)});
  }
};

PcapCapture::PcapCapture(const Settings& settings)
    : device_(settings.device),
      named_(settings.option + " " + settings.device),
      batch_(settings.batch) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_ = pcap_create(device_.c_str(), error.data());
  if (pcap_ == nullptr) throw runtime::UsageError(named_ + ": " + error.data());
  try {
    activate(settings);
    set_filter(settings);
  } catch (...) {
    pcap_close(pcap_);
    throw;
  }
}

PcapCapture::~PcapCapture() { pcap_close(pcap_); }

void PcapCapture::activate(const Settings& settings) {
  pcap_set_snaplen(pcap_, static_cast<int>(net::kMaxLinkHeader) + settings.packet_bytes);
  pcap_set_promisc(pcap_, settings.promiscuous ? 1 : 0);
  if (settings.delivery == Delivery::kAtOnce) {
    pcap_set_immediate_mode(pcap_, 1);
  } else {
    pcap_set_timeout(pcap_, kBlockTimeoutMs);
  }
  pcap_set_buffer_size(pcap_, settings.buffer_bytes);
  const int status = pcap_activate(pcap_);
  if (status == PCAP_ERROR_PERM_DENIED) {
    throw runtime::SystemError(named_ + ": " + pcap_geterr(pcap_) + runtime::how_to_be_allowed());
  }
  if (status < 0) {
    const std::string detail = pcap_geterr(pcap_);
    throw runtime::UsageError(named_ + ": " + (detail.empty() ? pcap_statustostr(status) : detail) +
                              "; `ip link` lists the devices, `any` is all of them");
  }
  const auto type = net::link_type(pcap_datalink(pcap_));
  if (!type) {
    throw runtime::UsageError(
        named_ + ": frames of this device's link type (" +
        std::string(pcap_datalink_val_to_description_or_dlt(pcap_datalink(pcap_))) +
        ") cannot be read");
  }
  link_type_ = *type;
  if (settings.direction != Direction::kBoth) {
    pcap_setdirection(pcap_, settings.direction == Direction::kIn ? PCAP_D_IN : PCAP_D_OUT);
  }
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  if (pcap_setnonblock(pcap_, 1, error.data()) != 0) throw runtime::SystemError(error.data());
  fd_ = pcap_get_selectable_fd(pcap_);
}

void PcapCapture::set_filter(const Settings& settings) {
  std::string filter = settings.filter;
  if (settings.tagged_too && link_type_ == net::LinkType::kEthernet) {
    filter = with_wrapped(filter);
  } else if (settings.fragments_too) {
    filter = with_later_fragments(filter);
  }
  bpf_program program{};
  if (pcap_compile(pcap_, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    throw runtime::UsageError("-F '" + filter +
                              "': libpcap refuses the filter: " + pcap_geterr(pcap_));
  }
  const int status = pcap_setfilter(pcap_, &program);
  pcap_freecode(&program);
  if (status != 0) throw runtime::SystemError(std::string("pcap_setfilter: ") + pcap_geterr(pcap_));
}

int PcapCapture::dispatch_frames(OnFrame on_frame, void* reader) {
  Frames frames{on_frame, reader, 0};
  auto* user = static_cast<unsigned char*>(static_cast<void*>(&frames));
  const int status = pcap_dispatch(pcap_, batch_, Frames::add, user);
  counters_.packets += frames.count;
  return status < 0 ? status : static_cast<int>(frames.count);
}

void PcapCapture::update_counters() {
  pcap_stat stat{};
  if (pcap_stats(pcap_, &stat) == 0) counters_.kernel_drops = stat.ps_drop;
}

}  // namespace tcpcopy::pcap
