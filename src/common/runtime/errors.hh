// SPDX-License-Identifier: BSD-3-Clause
// What can go wrong before a daemon runs. Thrown during startup only; main() turns each into one
// line and an exit status.
#pragma once

#include <stdexcept>
#include <string>

namespace tcpcopy::runtime {

/// An option, or what it names, cannot be used: exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The system refused something that the daemon needs: exit status 1.
class SystemError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The text of an errno value.
std::string error_text(int error);

}  // namespace tcpcopy::runtime
