// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/pid_file.hh"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "common/runtime/errors.hh"

namespace tcpcopy::runtime {
namespace {

constexpr mode_t kMode = 0644;

// What stands in it, up to the end of the line.
std::string first_line(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  const std::string line(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return line.substr(0, line.find('\n'));
}

// Whether the path still names what was opened: another may have removed it meanwhile.
bool names(const std::string& path, int fd) {
  struct stat there {};
  struct stat here {};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(fd, &here) == 0 &&
         there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

}  // namespace

PidFile::PidFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  open_locked();
  update();
}

void PidFile::open_locked() {
  do {
    fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode));
    if (!fd_) {
      throw UsageError("-P " + path_ + ": cannot write the file: " + error_text(errno));
    }
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      throw UsageError("-P " + path_ + ": process " + first_line(fd_.get()) +
                       " runs already; stop it or name another file");
    }
  } while (!names(path_, fd_.get()));
}

void PidFile::update() const {
  if (!fd_) return;
  const std::string text = std::to_string(::getpid()) + "\n";
  const auto size = static_cast<ssize_t>(text.size());
  // What is no regular file cannot be cut, and need not be.
  if ((::ftruncate(fd_.get(), 0) != 0 && errno != EINVAL) ||
      ::pwrite(fd_.get(), text.data(), text.size(), 0) != size) {
    throw UsageError("-P " + path_ + ": cannot write the file: " + error_text(errno));
  }
}

PidFile::~PidFile() {
  if (!fd_) return;
  if (::unlink(path_.c_str()) != 0 && ::ftruncate(fd_.get(), 0) != 0) {
    // A number stays behind, without a lock: the next one takes the file over.
  }
}

}  // namespace tcpcopy::runtime
