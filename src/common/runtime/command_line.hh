// SPDX-License-Identifier: BSD-3-Clause
// What both command lines have in common.
#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace tcpcopy::runtime {

/// Adds help, version, --config and --print-config to the app and parses the command line.
/// @return false when what was asked for has been printed and there is nothing else to do.
/// Throws UsageError.
bool parse_command_line(CLI::App& app, int argc, const char* const* argv);

/// Runs a daemon's main function and turns what it throws into one line and an exit status:
/// 2 for UsageError, 1 for all else.
int guarded_main(const char* program, int (*run)(int, const char* const*), int argc,
                 const char* const* argv);

}  // namespace tcpcopy::runtime
