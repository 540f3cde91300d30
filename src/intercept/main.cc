// SPDX-License-Identifier: BSD-3-Clause
#include <spdlog/spdlog.h>

#include "common/runtime/command_line.hh"
#include "common/runtime/daemon.hh"
#include "common/runtime/log.hh"
#include "common/runtime/pid_file.hh"
#include "intercept/check/checker.hh"
#include "intercept/interceptor.hh"
#include "intercept/options/options.hh"
#include "tcpcopy/version.hh"

namespace {

int run(int argc, const char* const* argv) {
  namespace runtime = tcpcopy::runtime;
  const auto options = tcpcopy::intercept_options::parse_intercept(argc, argv);
  if (!options) return 0;
  if (options->check) return tcpcopy::intercept_check::check(*options);
  runtime::open_log("intercept", options->log_file, options->log_format);
  spdlog::set_level(options->log_level);
  const runtime::PidFile pid_file(options->pid_file);
  tcpcopy::interceptor::Interceptor interceptor(
      *options, [argc, argv] { return tcpcopy::intercept_options::parse_intercept(argc, argv); });
  if (options->daemon) {
    runtime::go_to_background();
    pid_file.update();
  }
  spdlog::info("intercept {} started; listens on {}; capture filter: {}", tcpcopy::kProgramVersion,
               options->listen.to_string(), interceptor.filter());
  for (const auto& host : options->hosts)
    spdlog::info(host);
  for (const auto& note : options->notes)
    spdlog::warn(note);
  runtime::give_away(*options);
  return interceptor.run();
}

}  // namespace

int main(int argc, char** argv) {
  return tcpcopy::runtime::guarded_main("intercept", run, argc, argv);
}
