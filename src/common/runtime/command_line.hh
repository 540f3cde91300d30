// SPDX-License-Identifier: BSD-3-Clause
// What both command lines have in common.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tcpcopy::runtime {

/// The heading in --help of what is accepted from 1.x and does nothing.
inline constexpr const char* kWithoutEffectGroup = "Accepted from 1.x, without effect";

/// Adds help, version, --config and --print-config to the app, parses the command line and the
/// configuration file, and has the options interpreted.
/// @param interpret throws UsageError; the refusal of a value that stands in the configuration
///   file is given its file and line.
/// @return false when what was asked for has been printed and there is nothing else to do. The
///   configuration is printed only if it could be used.
/// Throws UsageError.
bool parse_command_line(CLI::App& app, int argc, const char* const* argv,
                        const std::function<void()>& interpret);

/// @return whether the command line or the configuration file says something by this option: an
///   empty text, or `false` for a flag, says nothing.
bool is_given(const CLI::Option& option);

/// Refuses options that would do nothing, if they were given; else leaves them out of the printed
/// configuration. To be called while options are interpreted. Throws UsageError.
/// @param when ends the sentence, as in "with --udp".
void refuse_without_effect(CLI::App& app, std::initializer_list<const char*> options,
                           std::string_view when);

/// Runs a daemon's main function and turns what it throws into one line and an exit status:
/// 2 for UsageError, 1 for all else.
int guarded_main(const char* program, int (*run)(int, const char* const*), int argc,
                 const char* const* argv);

}  // namespace tcpcopy::runtime
