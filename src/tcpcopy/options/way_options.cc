// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/options/way_options.hh"

#include <fmt/format.h>
#include <glob.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <tuple>

#include "common/pcap/settings.hh"
#include "common/runtime/errors.hh"
#include "common/runtime/option_values.hh"

namespace tcpcopy::options {
namespace {

using runtime::split;
using runtime::split_list;
using runtime::UsageError;
using Way = capture::Settings::Way;

// What a pattern stands for, in the order of names; the pattern itself when there is no such file,
// so that opening it says what is wrong.
std::vector<std::string> matching_files(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), GLOB_NOCHECK, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return files;
}

Way interpret_way(const WayTexts& texts) {
  std::string way = texts.capture;
  std::string by = "--capture";
  for (const auto& [given, option, name] :
       {std::tuple(texts.offline, "--offline", "file"),
        std::tuple(texts.pcap_capture, "--pcap-capture", "pcap")}) {
    if (!given) continue;
    if (!way.empty() && way != name) {
      throw UsageError(fmt::format("{} and {}: give one way of capture", by, option));
    }
    way = name;
    by = option;
  }
  if (way.empty() || way == "raw") return Way::kRaw;
  if (way == "pcap") return Way::kPcap;
  if (way == "file") return Way::kFile;
  throw UsageError(
      fmt::format("--capture: '{}' is no way of capture; accepted: raw, pcap, file", way));
}

void interpret_devices(const WayTexts& texts, capture::Settings& options) {
  using Direction = pcap::Direction;
  const std::string_view devices = texts.input.empty() ? "any" : std::string_view(texts.input);
  for (const std::string_view device : split_list(devices))
    options.sources.emplace_back(device);
  constexpr std::uint64_t kShortest = 96;  // the headers, nearly always
  constexpr std::uint64_t kLongest = 262144;
  options.snap_length =
      static_cast<int>(runtime::parse_number("-S", texts.snap_length, kShortest, kLongest));
  if (texts.direction == "in") {
    options.direction = Direction::kIn;
  } else if (texts.direction == "out") {
    options.direction = Direction::kOut;
  } else if (texts.direction == "both") {
    options.direction = Direction::kBoth;
  } else {
    throw UsageError(
        fmt::format("--direction: '{}' is no direction; accepted: in, out, both", texts.direction));
  }
}

void interpret_files(const WayTexts& texts, capture::Settings& options) {
  if (texts.input.empty()) {
    throw UsageError("-i is missing: which files are replayed? For example: -i clients.pcap");
  }
  for (const std::string_view item : split(texts.input, ',')) {
    const auto files = matching_files(std::string(item));
    options.sources.insert(options.sources.end(), files.begin(), files.end());
  }
  if (texts.speed == "max") {
    options.speed.reset();
  } else {
    options.speed = runtime::parse_real("-a", texts.speed, 0.001, 1e6,
                                        "a factor from 0.001 to 1000000, or max");
  }
  if (!texts.longest_gap.empty()) {
    options.longest_gap =
        std::chrono::milliseconds(runtime::parse_number("-I", texts.longest_gap, 0, 86'400'000));
  }
  options.passes = static_cast<int>(runtime::parse_number("-T", texts.passes, 1, 1'000'000));
  const auto& all = options.sources;
  const bool pipe = std::find(all.begin(), all.end(), pcap::kStandardInput) != all.end();
  if (pipe && options.passes > 1) {
    throw UsageError("-T: standard input cannot be read again; write it to a file first");
  }
}

}  // namespace

void declare_ways(CLI::App& app, WayTexts& texts) {
  const std::string group = "Ways in and out";
  app.add_option("--capture", texts.capture, "Where packets come from [raw]")
      ->type_name("raw|pcap|file")
      ->group(group);
  app.add_option("-i,--input", texts.input, "pcap: devices [any]; file: files, globs, -")
      ->type_name("INPUT")
      ->group(group);
  app.add_option("-S,--snap-length", texts.snap_length, "pcap: bytes captured of a packet")
      ->type_name("BYTES")
      ->group(group);
  app.add_option("--direction", texts.direction, "pcap: which way packets go")
      ->type_name("in|out|both")
      ->group(group);
  app.add_option("-a,--speed", texts.speed, "file: so many times faster, or max")
      ->type_name("FACTOR")
      ->group(group);
  app.add_option("-I,--max-gap", texts.longest_gap, "file: longer gaps are cut to it, ms")
      ->type_name("MS")
      ->group(group);
  app.add_option("-T,--passes", texts.passes, "file: how often they are replayed")
      ->type_name("N")
      ->group(group);
  app.add_option("--fail-below", texts.fail_below, "file: percent delivered, or status 3")
      ->type_name("PERCENT")
      ->group(group);
  app.add_option("--send", texts.send, "What packets leave through [raw]")
      ->type_name("raw|link")
      ->group(group);
  app.add_option("-o,--output", texts.output, "link: the device [that of the route]")
      ->type_name("DEVICE")
      ->group(group);
  const std::string old_names;  // not listed; docs/options.in names them
  app.add_flag("--pcap-capture", texts.pcap_capture, "The same as --capture pcap")
      ->group(old_names);
  app.add_flag("--pcap-send", texts.pcap_send, "The same as --send link")->group(old_names);
  app.add_flag("--offline", texts.offline, "The same as --capture file")->group(old_names);
  app.add_option("--responses", texts.responses, "Devices where responses come: instead of -s")
      ->type_name("DEVICES")
      ->group(group);
}

capture::Settings interpret_capture(const WayTexts& texts, capture::Settings options) {
  options.way = interpret_way(texts);
  if (options.way == Way::kFile) {
    interpret_files(texts, options);
  } else if (options.way == Way::kPcap) {
    interpret_devices(texts, options);
  } else if (!texts.input.empty()) {
    throw UsageError(
        fmt::format("-i '{}': the raw socket captures on all devices; give --capture pcap for "
                    "devices, --capture file for files",
                    texts.input));
  }
  return options;
}

std::optional<double> interpret_fail_below(const WayTexts& texts) {
  if (texts.fail_below.empty()) return std::nullopt;
  return runtime::parse_real("--fail-below", texts.fail_below, 0, 100,
                             "a percentage from 0 to 100");
}

inject::Settings interpret_send(const WayTexts& texts) {
  inject::Settings options;
  if (!texts.send.empty() && texts.send != "raw" && texts.send != "link") {
    throw UsageError(
        fmt::format("--send: '{}' is no way of sending; accepted: raw, link", texts.send));
  }
  if (texts.pcap_send && texts.send == "raw") {
    throw UsageError("--pcap-send and --send raw: give one of them");
  }
  if (texts.pcap_send || texts.send == "link") options.way = inject::Settings::Way::kDevice;
  options.device = texts.output;
  if (!options.device.empty() && options.way == inject::Settings::Way::kRaw) {
    throw UsageError(fmt::format(
        "-o {}: the raw socket follows the routes; give --send link to send through a device",
        options.device));
  }
  return options;
}

std::vector<std::string> interpret_responses(const WayTexts& texts) {
  std::vector<std::string> devices;
  for (const std::string_view device : split_list(texts.responses))
    devices.emplace_back(device);
  return devices;
}

}  // namespace tcpcopy::options
