// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/terminal.hh"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace tcpcopy::runtime {
namespace {

constexpr int kPatienceMs = 200;  // for what is left at the end
constexpr std::size_t kMostColumns = 500;
constexpr std::size_t kMostRows = 200;
// A page of its own, without a cursor; and back.
constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[2J";
constexpr std::string_view kLeave = "\033[0m\033[?25h\033[?1049l";
constexpr std::string_view kHome = "\033[H";
constexpr std::string_view kErase = "\033[2J";
constexpr std::string_view kEraseLine = "\033[K";
constexpr std::string_view kEraseBelow = "\033[J";

// What a handler of signals needs, which is given nothing: so it hangs off no object.
struct Before {
  termios modes;
  bool known;  // and to be restored
};
Before before{};

constexpr std::array<int, 6> kFatal{SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

void restore_modes() {
  if (before.known) ::tcsetattr(STDOUT_FILENO, TCSANOW, &before.modes);
}

// Async-signal-safe (signal-safety(7)). The signal's own effect follows.
void on_fatal(int signal) {
  const auto ignored = ::write(STDOUT_FILENO, kLeave.data(), kLeave.size());
  static_cast<void>(ignored);
  if (before.known) ::tcsetattr(STDOUT_FILENO, TCSANOW, &before.modes);
  ::raise(signal);
}

void handle(int signal, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigaction(signal, &action, nullptr);
}

// No echo of keys. In the background the modes are the shell's.
void quieten() {
  if (::tcgetpgrp(STDOUT_FILENO) != ::getpgrp()) return;
  if (::tcgetattr(STDOUT_FILENO, &before.modes) != 0) return;
  before.known = true;
  termios quiet = before.modes;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
  ::tcsetattr(STDOUT_FILENO, TCSANOW, &quiet);
}

// Standard output is shared, with a shell for example, and so is its O_NONBLOCK. Opened again, a
// terminal or a pipe has a description of its own; a file would lose its place, and a socket
// cannot.
UniqueFd opened_again() {
  struct stat status {};
  if (::fstat(STDOUT_FILENO, &status) != 0) return {};
  if (!S_ISCHR(status.st_mode) && !S_ISFIFO(status.st_mode)) return {};
  return UniqueFd(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

Output::Output() : fd_(opened_again()), of_its_own_(static_cast<bool>(fd_)) {
  if (!fd_) fd_ = UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
}

// @return whether nothing is left.
bool Output::push() {
  while (!left_.empty()) {
    pollfd ready{fd_.get(), POLLOUT, 0};
    if (!of_its_own_ && ::poll(&ready, 1, 0) != 1) return false;
    const auto count = ::write(fd_.get(), left_.data(), left_.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) left_.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

bool Output::offer(std::string_view text) {
  if (!push()) {
    ++dropped_;
    return false;
  }
  left_ = text;
  push();
  return true;
}

void Output::finish() {
  pollfd ready{fd_.get(), POLLOUT, 0};
  if (!push() && ::poll(&ready, 1, kPatienceMs) == 1) push();
}

bool Terminal::there() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && *kind != '\0' &&
         std::string_view(kind) != "dumb";
}

Terminal::Terminal() {
  quieten();
  for (const int signal : kFatal)
    handle(signal, on_fatal, static_cast<int>(SA_RESETHAND));
  for (const int signal : {SIGTSTP, SIGTTOU})
    handle(signal, SIG_IGN, 0);  // NOLINT(performance-no-int-to-ptr): the system's own macro
  output_.offer(kEnter);
}

Terminal::~Terminal() {
  output_.finish();
  output_.offer(kLeave);
  output_.finish();
  ::tcflush(STDOUT_FILENO, TCIFLUSH);  // keys that were pressed meanwhile are not for the shell
  restore_modes();
  before.known = false;
  for (const int signal : kFatal)
    handle(signal, SIG_DFL, 0);
  for (const int signal : {SIGTSTP, SIGTTOU})
    handle(signal, SIG_DFL, 0);
}

Terminal::Size Terminal::size() const {
  winsize size{};
  if (::ioctl(output_.fd(), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {80, 24};
  }
  return {std::min<std::size_t>(size.ws_col, kMostColumns),
          std::min<std::size_t>(size.ws_row, kMostRows)};
}

void Terminal::show(std::string_view page) {
  const Size now = size();
  std::string text(kHome);
  if (now.columns != columns_ || now.rows != rows_) text += kErase;  // it may have wrapped lines
  columns_ = now.columns;
  rows_ = now.rows;
  // What a line leaves is erased before it: behind a full one the cursor is still on its last
  // column.
  std::size_t lines = 0;
  for (; !page.empty() && lines < rows_; ++lines) {
    const std::size_t end = std::min(page.find('\n'), page.size());
    text.append(lines == 0 ? "" : "\r\n").append(kEraseLine).append(page.substr(0, end));
    page.remove_prefix(std::min(end + 1, page.size()));
  }
  if (lines < rows_) text.append("\r\n").append(kEraseBelow);
  output_.offer(text);
}

}  // namespace tcpcopy::runtime
