// SPDX-License-Identifier: BSD-3-Clause
// -P: a file with the process id, locked as long as the process lives.
#pragma once

#include <string>

#include "common/runtime/unique_fd.hh"

namespace tcpcopy::runtime {

class PidFile {
 public:
  /// @param path empty: no file. Throws UsageError when it cannot be written, or when a process has
  ///   it locked: one that is alive, whatever its number.
  explicit PidFile(std::string path);
  /// Removes the file; where this process may not do so any more, empties it.
  ~PidFile();
  /// Writes the process id again: it changed with go_to_background(). Its child has the lock.
  void update() const;
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  PidFile(PidFile&&) = delete;
  PidFile& operator=(PidFile&&) = delete;

 private:
  void open_locked();

  std::string path_;
  UniqueFd fd_;
};

}  // namespace tcpcopy::runtime
