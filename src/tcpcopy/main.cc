// SPDX-License-Identifier: BSD-3-Clause
#include <spdlog/spdlog.h>

#include <cstdio>
#include <string_view>

#include "common/keys/key_file.hh"
#include "common/runtime/command_line.hh"
#include "common/runtime/daemon.hh"
#include "common/runtime/log.hh"
#include "common/runtime/pid_file.hh"
#include "tcpcopy/check/checker.hh"
#include "tcpcopy/modules/catalogue.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/replayer.hh"
#include "tcpcopy/version.hh"

namespace {

int run(int argc, const char* const* argv) {
  namespace runtime = tcpcopy::runtime;
  if (argc == 3 && std::string_view(argv[1]) == "--make-key") {
    std::puts(tcpcopy::keys::make_key(argv[2]).c_str());
    return 0;
  }
  if (argc == 3 && std::string_view(argv[1]) == "--module" && std::string_view(argv[2]) == "help") {
    std::fputs(tcpcopy::modules::catalogue().c_str(), stdout);
    return 0;
  }
  const auto options = tcpcopy::options::parse(argc, argv);
  if (!options) return 0;
  if (options->check) return tcpcopy::check::check(*options);
  runtime::open_log("tcpcopy", options->log_file, options->log_format);
  spdlog::set_level(options->log_level);
  const runtime::PidFile pid_file(options->pid_file);
  tcpcopy::replayer::Replayer replayer(
      *options, [argc, argv] { return tcpcopy::options::parse(argc, argv); });
  if (options->daemon) {
    runtime::go_to_background();
    pid_file.update();
  }
  spdlog::info("tcpcopy {} started; {}", tcpcopy::kProgramVersion,
               tcpcopy::options::describe_capture(*options));
  for (const auto& host : options->hosts)
    spdlog::info(host);
  for (const auto& note : options->notes)
    spdlog::warn(note);
  runtime::give_away(*options);
  return replayer.run();
}

}  // namespace

int main(int argc, char** argv) {
  return tcpcopy::runtime::guarded_main("tcpcopy", run, argc, argv);
}
