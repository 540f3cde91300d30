// SPDX-License-Identifier: BSD-3-Clause
// Shows how far the replay of files has come: a bar on a terminal, log lines elsewhere.
#pragma once

#include <string>

#include "tcpcopy/capture/passes.hh"
#include "tcpcopy/report.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::replayer {

/// What can keep the next packet of the files from being read.
struct FileWait {
  bool for_link = false;    ///< no intercept is there yet, or again
  bool for_target = false;  ///< so much is under way that the files are not read on
  bool for_ends = false;    ///< all has been read: sessions finish
  Instant due;              ///< when that packet is due
};

/// @return what the files wait for, in a few words; empty when they are being read.
std::string describe(const FileWait& wait, const Report& report, Instant now);

class ProgressReport {
 public:
  explicit ProgressReport(Instant start);

  /// How often show() is to be called.
  Duration period() const;

  void show(const capture::Progress& progress, const Report& report, const FileWait& wait,
            Instant now);

  /// In place of show(), for who draws it elsewhere: the same as a bar.
  std::string bar(const capture::Progress& progress, const Report& report, const FileWait& wait,
                  Instant now);

  /// Takes the bar off the terminal.
  void clear() const;

 private:
  double speed(const capture::Progress& progress, Instant now);

  bool terminal_;
  Instant start_;
  Instant last_;
  Duration last_time_{0};  // in the files
  bool drawn_ = false;
};

/// One line for a log: time in the file, speed, sessions, packets, estimated end, or instead of it
/// what is waited for.
/// @param speed file time over real time since the last line.
/// @param wait as describe() says it.
std::string progress_text(const capture::Progress& progress, const Report& report, double speed,
                          Duration elapsed, const std::string& wait = {});

/// The same for a terminal of 80 columns, behind a bar: what does not fit is left out.
std::string progress_bar(const capture::Progress& progress, const Report& report, double speed,
                         Duration elapsed, const std::string& wait = {});

}  // namespace tcpcopy::replayer
