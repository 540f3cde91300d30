// SPDX-License-Identifier: BSD-3-Clause
// Client packets from capture files: several of them merged by time, each packet when it is due.
//
// It waits for the sessions: while they are behind it reads nothing, and all that follows is due
// so much later. So nothing is lost at any speed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/net/whole_packets.hh"
#include "common/pcap/pcap_file.hh"
#include "tcpcopy/capture/client_capture.hh"
#include "tcpcopy/capture/lateness.hh"
#include "tcpcopy/capture/pace.hh"
#include "tcpcopy/capture/settings.hh"

namespace tcpcopy::capture {

class FileCapture : public ClientCapture, public Passes {
 public:
  /// Opens the files. Throws UsageError.
  /// @param settings outlive it. Without a filter all packets are read: the rules choose.
  explicit FileCapture(const Settings& settings);

  std::vector<int> descriptors() const override { return {}; }
  Instant due() const override { return held_since_ == kNever ? next_due_ : kNever; }
  Outcome read(Instant now, Take take) override;
  void hold_back(bool held, Instant now) override;
  Next next_pass(Instant now) override;
  Progress progress() const override;
  Passes* passes() override { return this; }
  void log_summary() const override;
  void update_counters() override { counters().fragments = packets_.fragments().counters(); }

 private:
  // A file, and its packet that comes next: none yet, when a pipe has to be waited for.
  struct Input {
    std::unique_ptr<pcap::PcapFile> file;
    std::optional<pcap::PcapFile::Packet> next;
    bool ended = false;
  };

  void open(const std::string& path);
  void advance(Input& input) const;
  Outcome find_next(Instant now);

  const Settings& settings_;
  std::vector<Input> inputs_;
  net::WholePackets packets_;
  Input* next_ = nullptr;  // whose packet comes next; null when that is to be found out
  Instant next_due_;       // of that packet, or when to look for one again
  Instant held_since_ = kNever;
  Pace pace_;
  Lateness lateness_;
  std::optional<Duration> first_time_;  // in the files
  Duration last_time_{0};
  int pass_ = 1;
  bool files_failed_ = false;  // one could not be opened for a further pass
};

}  // namespace tcpcopy::capture
