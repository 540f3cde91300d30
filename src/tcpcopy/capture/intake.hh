// SPDX-License-Identifier: BSD-3-Clause
// From captured packets to those that a rule wants: they are read here, what cannot be read, what
// is this process's own and what no rule wants is counted here and goes no further.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tcpcopy/capture/checksum_doubts.hh"
#include "tcpcopy/capture/client_capture.hh"
#include "tcpcopy/capture/cut_packets.hh"
#include "tcpcopy/capture/unmatched.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/report.hh"
#include "tcpcopy/rules.hh"

namespace tcpcopy::capture {

class Intake {
 public:
  using Outcome = ClientCapture::Outcome;

  Intake(std::unique_ptr<ClientCapture> capture, TargetRules rules);
  virtual ~Intake() = default;
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;
  Intake(Intake&&) = delete;
  Intake& operator=(Intake&&) = delete;

  /// See ClientCapture.
  std::vector<int> descriptors() const { return capture_->descriptors(); }
  Instant due() const { return capture_->due(); }
  Passes* passes() { return capture_->passes(); }
  void log_summary() const { capture_->log_summary(); }

  /// Reads a batch and hands on what a rule wants.
  Outcome read_batch(Instant now, ClientSink& to);

  /// With what only the kernel knows.
  void report(Report& to);

  /// Whether anything was handed on; and if not, what there was, in a few words.
  bool matched() const { return matched_; }
  std::string what_was_there() const;

 protected:
  virtual void take(const net::CapturedPacket& packet, Instant now, ClientSink& to) = 0;
  /// What is read here, for the log: `TCP`.
  virtual std::string protocol() const = 0;

  /// @return where a rule sends it; null, and accounted for, when it is no client's, or none wants
  ///   it.
  /// @param opens it opens a connection.
  const Endpoint* target_of(const Endpoint& destination, bool opens);
  net::CaptureCounters& counted() { return capture_->counters(); }
  /// From files: captured once, and maybe altered since.
  bool recorded() const { return capture_->passes() != nullptr; }

 private:
  std::unique_ptr<ClientCapture> capture_;
  TargetRules rules_;
  Unmatched unmatched_;
  bool matched_ = false;
};

/// Of TCP.
class SegmentIntake : public Intake {
 public:
  using Intake::Intake;

 protected:
  void take(const net::CapturedPacket& packet, Instant now, ClientSink& to) override;
  std::string protocol() const override { return "TCP"; }

 private:
  bool refuses(const net::CapturedPacket& packet);

  CutPackets cut_packets_;
  ChecksumDoubts checksums_;
  bool told_of_checksums_ = false;
};

/// Of UDP.
class DatagramIntake : public Intake {
 public:
  using Intake::Intake;

 protected:
  void take(const net::CapturedPacket& packet, Instant now, ClientSink& to) override;
  std::string protocol() const override { return "UDP"; }
};

}  // namespace tcpcopy::capture
