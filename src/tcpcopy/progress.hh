// SPDX-License-Identifier: BSD-3-Clause
// Shows how far the replay of files has come: a bar on a terminal, log lines elsewhere.
#pragma once

#include <string>

#include "tcpcopy/capture/client_capture.hh"
#include "tcpcopy/session/ledger.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy {

class ProgressReport {
 public:
  explicit ProgressReport(Instant start);

  /// How often show() is to be called.
  Duration period() const;

  void show(const capture::ClientCapture::Progress& progress, const session::Ledger& ledger,
            Instant now);

  /// Takes the bar off the terminal.
  void clear() const;

 private:
  bool terminal_;
  Instant start_;
  Instant last_;
  Duration last_time_{0};  // in the files
  bool drawn_ = false;
};

/// One line for a log: time in the file, speed, sessions, packets, estimated end.
/// @param speed file time over real time since the last line.
std::string progress_text(const capture::ClientCapture::Progress& progress,
                          const session::Ledger& ledger, double speed, Duration elapsed);

/// The same for a terminal of 80 columns, behind a bar: what does not fit is left out.
std::string progress_bar(const capture::ClientCapture::Progress& progress,
                         const session::Ledger& ledger, double speed, Duration elapsed);

}  // namespace tcpcopy
