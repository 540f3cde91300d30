// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/private_file.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/runtime/errors.hh"
#include "common/runtime/unique_fd.hh"

namespace tcpcopy::runtime {

std::string read_private_file(std::string_view option, const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    throw UsageError(fmt::format("{}: {}: {}", option, path, error_text(errno)));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw UsageError(fmt::format(
        "{}: {} can be read or changed by others than its owner: chmod 600 it", option, path));
  }
  std::string text(kMaxPrivateFile + 1, '\0');
  std::size_t size = 0;
  for (ssize_t more = 1; more > 0 && size < text.size(); size += static_cast<std::size_t>(more)) {
    more = ::read(fd.get(), text.data() + size, text.size() - size);
    if (more < 0) throw UsageError(fmt::format("{}: {}: {}", option, path, error_text(errno)));
  }
  if (size > kMaxPrivateFile) throw UsageError(fmt::format("{}: {} is too long", option, path));
  text.resize(size);
  return text;
}

}  // namespace tcpcopy::runtime
