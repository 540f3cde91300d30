// SPDX-License-Identifier: BSD-3-Clause
#include "common/pcap/pcap_file.hh"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/pcap/filter_text.hh"
#include "common/pcap/settings.hh"
#include "common/runtime/errors.hh"

namespace tcpcopy::pcap {
namespace {

using runtime::UsageError;

constexpr int kLongestPacket = 262144;

// The numbers of files are libpcap's on this host, but for raw IP (libpcap's pcap-common.c).
int pcap_type(int link_type) { return link_type == 101 ? DLT_RAW : link_type; }

}  // namespace

// Not handed to libpcap, which would read on until a packet passes, however long a pipe takes.
struct PcapFile::Filter {
  Filter() = default;
  ~Filter() { pcap_freecode(&program); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  Filter(Filter&&) = delete;
  Filter& operator=(Filter&&) = delete;

  // @return why it cannot be; empty when it can.
  std::string compile(const std::string& text, int type) {
    const std::unique_ptr<::pcap, ClosePcap> none(pcap_open_dead(type, kLongestPacket));
    const auto compiles = [&](const std::string& filter) {
      return pcap_compile(none.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
    };
    if (compiles(with_later_fragments(text)) || compiles(text)) return {};
    return pcap_geterr(none.get());
  }

  bool passes(Bytes frame, std::size_t length) const {
    const auto* data = static_cast<const unsigned char*>(static_cast<const void*>(frame.data()));
    pcap_pkthdr header{};
    header.caplen = static_cast<bpf_u_int32>(frame.size());
    header.len = static_cast<bpf_u_int32>(length);
    return pcap_offline_filter(&program, &header, data) != 0;
  }

  bpf_program program{};
};

PcapFile::~PcapFile() = default;

void PcapFile::ClosePcap::operator()(::pcap* capture) const { pcap_close(capture); }
void PcapFile::CloseFile::operator()(std::FILE* file) const { std::fclose(file); }

PcapFile::PcapFile(std::string path, std::string filter)
    : path_(std::move(path)), filter_(std::move(filter)) {
  open();
}

void PcapFile::open() {
  const bool standard_input = path_ == kStandardInput;
  file_.reset(standard_input ? ::fdopen(::dup(STDIN_FILENO), "rb")
                             : std::fopen(path_.c_str(), "rbe"));
  struct stat status {};
  if (!file_ || ::fstat(::fileno(file_.get()), &status) != 0) {
    throw UsageError("-i " + path_ + ": " + runtime::error_text(errno));
  }
  if (S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
  } else {
    // Without a buffer of its own the stream reads no byte beyond what is asked for, so the
    // descriptor tells whether there is more.
    pipe_ = true;
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);
  }
  constexpr int kGzip = 0x1f;
  const int first = std::getc(file_.get());
  if (first == kGzip) {
    throw UsageError("-i " + path_ + ": is compressed; unpack it into a pipe: zcat " + path_ +
                     " | tcpcopy -i - …");
  }
  if (first != EOF) std::ungetc(first, file_.get());
  if (first == PcapngReader::kFirstByte) {
    open_pcapng();
  } else {
    open_pcap();
  }
}

void PcapFile::open_pcap() {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_.reset(pcap_fopen_offline_with_tstamp_precision(file_.get(), PCAP_TSTAMP_PRECISION_NANO,
                                                       error.data()));
  if (!pcap_) throw UsageError("-i " + path_ + ": " + error.data());
  static_cast<void>(file_.release());  // libpcap closes it
  expect(pcap_datalink(pcap_.get()));
}

void PcapFile::open_pcapng() {
  pcapng_.emplace([file = file_.get()](std::span<std::byte> to) {
    return std::fread(to.data(), 1, to.size(), file);
  });
  const auto type = pcapng_->first_link_type();
  if (type) {
    expect(*type);
  } else if (!pcapng_->damage().empty()) {
    throw UsageError("-i " + path_ + ": " + pcapng_->damage());
  }
}

void PcapFile::expect(int link_type) {
  const Reading& reading = reading_of(link_type);
  if (!reading.type) throw UsageError(reading.problem);
}

PcapFile::Reading& PcapFile::reading_of(int link_type) {
  const auto [place, fresh] = readings_.try_emplace(link_type);
  Reading& reading = place->second;
  if (!fresh) return reading;
  reading.name = pcap_datalink_val_to_description_or_dlt(pcap_type(link_type));
  reading.type = net::link_type(link_type);
  if (!reading.type) {
    reading.problem = fmt::format("-i {}: frames of this file's link type ({}, {}) cannot be read",
                                  path_, link_type, reading.name);
  } else if (!filter_.empty()) {
    reading.filter = std::make_unique<Filter>();
    const std::string refused = reading.filter->compile(filter_, pcap_type(link_type));
    if (refused.empty()) return reading;
    reading.problem =
        fmt::format("-F '{}': libpcap refuses the filter for {}: {}", filter_, path_, refused);
    reading.type.reset();
  }
  return reading;
}

std::optional<PcapngReader::Packet> PcapFile::next_frame() {
  if (pcapng_) {
    auto packet = pcapng_->next();
    if (!packet) damage_ = pcapng_->damage();
    return packet;
  }
  pcap_pkthdr* header = nullptr;
  const unsigned char* bytes = nullptr;
  const int status = pcap_next_ex(pcap_.get(), &header, &bytes);
  if (status != 1) {
    if (status != PCAP_ERROR_BREAK) damage_ = pcap_geterr(pcap_.get());
    return std::nullopt;
  }
  // With PCAP_TSTAMP_PRECISION_NANO tv_usec counts nanoseconds.
  const Duration time =
      std::chrono::seconds(header->ts.tv_sec) + std::chrono::nanoseconds(header->ts.tv_usec);
  const auto* begin = static_cast<const std::byte*>(static_cast<const void*>(bytes));
  return PcapngReader::Packet{
      time,
      static_cast<std::uint16_t>(pcap_datalink(pcap_.get())),
      {begin, header->caplen},
      header->len > header->caplen ? header->len - header->caplen : std::size_t{0}};
}

std::optional<PcapFile::Packet> PcapFile::next() {
  const auto frame = next_frame();
  if (!frame) return std::nullopt;
  ++packets_;
  const Reading& reading = reading_of(frame->link_type);
  if (!reading.type) {
    ++left_out_[reading.name];
    return Packet{frame->time, {{}, 0, net::ParseError::kUnknownProtocol}, true};
  }
  const bool wanted =
      !reading.filter || reading.filter->passes(frame->frame, frame->frame.size() + frame->missing);
  return Packet{frame->time, net::decapsulate(*reading.type, frame->frame, frame->missing), wanted};
}

bool PcapFile::would_wait() const {
  if (!pipe_) return false;
  pollfd readable{::fileno(pcapng_ ? file_.get() : pcap_file(pcap_.get())), POLLIN, 0};
  return ::poll(&readable, 1, 0) == 0;
}

std::uint64_t PcapFile::position() const {
  const long at = pipe_ ? 0 : std::ftell(pcapng_ ? file_.get() : pcap_file(pcap_.get()));
  return at > 0 ? static_cast<std::uint64_t>(at) : 0;
}

}  // namespace tcpcopy::pcap
