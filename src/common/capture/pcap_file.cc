// SPDX-License-Identifier: BSD-3-Clause
#include "common/capture/pcap_file.hh"

#include <pcap/pcap.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "common/net/tunnel.hh"
#include "common/runtime/errors.hh"

namespace tcpcopy::capture {
namespace {

using runtime::UsageError;

bool is_gzip(std::FILE* file) {
  const int first = std::getc(file);
  const int second = std::getc(file);
  std::rewind(file);
  return first == 0x1f && second == 0x8b;
}

}  // namespace

// Not handed to libpcap, which would read on until a packet passes, however long a pipe takes.
struct PcapFile::Filter {
  Filter() = default;
  ~Filter() { pcap_freecode(&program); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  Filter(Filter&&) = delete;
  Filter& operator=(Filter&&) = delete;

  bpf_program program{};
};

PcapFile::~PcapFile() = default;

void PcapFile::Close::operator()(pcap* capture) const { pcap_close(capture); }

PcapFile::PcapFile(std::string path, const std::string& filter) : path_(std::move(path)) {
  open();
  const auto type = net::link_type(pcap_datalink(pcap_.get()));
  if (!type) {
    throw UsageError("-i " + path_ + ": frames of this file's link type (" +
                     pcap_datalink_val_to_description_or_dlt(pcap_datalink(pcap_.get())) +
                     ") cannot be read");
  }
  link_type_ = *type;
  if (!filter.empty()) set_filter(filter);
}

void PcapFile::open() {
  const bool standard_input = path_ == kStandardInput;
  // libpcap closes the stream with the capture.
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      standard_input ? ::fdopen(::dup(STDIN_FILENO), "rb") : std::fopen(path_.c_str(), "rb"),
      &std::fclose);
  struct stat status {};
  if (!file || ::fstat(::fileno(file.get()), &status) != 0) {
    throw UsageError("-i " + path_ + ": " + runtime::error_text(errno));
  }
  if (S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    if (is_gzip(file.get())) {
      throw UsageError("-i " + path_ + ": is compressed; unpack it into a pipe: zcat " + path_ +
                       " | tcpcopy -i - …");
    }
  } else {
    // Without a buffer of its own the stream reads no byte beyond what libpcap asks for, so the
    // descriptor tells whether there is more.
    pipe_ = true;
    std::setvbuf(file.get(), nullptr, _IONBF, 0);
  }
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_.reset(pcap_fopen_offline_with_tstamp_precision(file.get(), PCAP_TSTAMP_PRECISION_NANO,
                                                       error.data()));
  if (!pcap_) throw UsageError("-i " + path_ + ": " + error.data());
  static_cast<void>(file.release());
}

void PcapFile::set_filter(const std::string& filter) {
  filter_ = std::make_unique<Filter>();
  if (pcap_compile(pcap_.get(), &filter_->program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    throw UsageError("-F '" + filter + "': libpcap refuses the filter for " + path_ + ": " +
                     pcap_geterr(pcap_.get()));
  }
}

std::optional<PcapFile::Packet> PcapFile::next() {
  pcap_pkthdr* header = nullptr;
  const unsigned char* bytes = nullptr;
  const int status = pcap_next_ex(pcap_.get(), &header, &bytes);
  if (status != 1) {
    if (status != PCAP_ERROR_BREAK) damage_ = pcap_geterr(pcap_.get());
    return std::nullopt;
  }
  ++packets_;
  // With PCAP_TSTAMP_PRECISION_NANO tv_usec counts nanoseconds.
  const Duration time =
      std::chrono::seconds(header->ts.tv_sec) + std::chrono::nanoseconds(header->ts.tv_usec);
  const bool wanted = !filter_ || pcap_offline_filter(&filter_->program, header, bytes) != 0;
  const auto* begin = static_cast<const std::byte*>(static_cast<const void*>(bytes));
  return Packet{time, net::decapsulate(net::strip_link_layer(link_type_, {begin, header->caplen})),
                wanted};
}

bool PcapFile::would_wait() const {
  if (!pipe_) return false;
  pollfd readable{::fileno(pcap_file(pcap_.get())), POLLIN, 0};
  return ::poll(&readable, 1, 0) == 0;
}

std::uint64_t PcapFile::position() const {
  const long at = pipe_ ? 0 : std::ftell(pcap_file(pcap_.get()));
  return at > 0 ? static_cast<std::uint64_t>(at) : 0;
}

}  // namespace tcpcopy::capture
