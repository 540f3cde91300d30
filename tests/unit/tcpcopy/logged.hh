// SPDX-License-Identifier: BSD-3-Clause
// What a call logs, for tests of the words.
#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>

namespace tcpcopy::test {

/// @return the lines that the call logs, without time and level.
template <typename Call>
std::string logged(Call&& call) {
  std::ostringstream stream;
  const auto before = spdlog::default_logger();
  const auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(stream);
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink));
  spdlog::set_pattern("%v");
  call();
  spdlog::set_default_logger(before);
  return stream.str();
}

}  // namespace tcpcopy::test
