// SPDX-License-Identifier: BSD-3-Clause
#include "common/metrics/metrics_text.hh"

#include <algorithm>

namespace tcpcopy::metrics {
namespace {

using std::chrono::microseconds;

constexpr unsigned kFirstOctave = 7;  // of the limits of histograms: 128 us
constexpr unsigned kLastOctave = 27;  // 134 s

// Seconds, exactly: `0.000128`.
std::string seconds_text(microseconds time) {
  constexpr std::int64_t kMicroseconds = 1'000'000;
  std::string text = std::to_string(time.count() % kMicroseconds + kMicroseconds);
  text.erase(text.find_last_not_of('0') + 1);  // at least the 1 of a million stays
  text.replace(0, 1, text.size() == 1 ? "" : ".");
  return std::to_string(time.count() / kMicroseconds) + text;
}

void append_head(std::string& text, const std::string& name, std::string_view help,
                 std::string_view type) {
  text.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void append_sample(std::string& text, std::string_view name, std::string_view label,
                   std::string_view of, std::string_view value) {
  text.append(name);
  if (!label.empty()) text.append("{").append(label).append("=\"").append(of).append("\"}");
  text.append(" ").append(value).append("\n");
}

// `packets, by reason: not delivered`. Texts of figures are literals: letters, digits, signs, but
// no backslash, quote or end of line, so nothing is escaped.
std::string help_of(const Figure& figure) {
  std::string help(figure.unit.empty() ? "0 or 1" : figure.unit);
  if (!figure.label.empty()) help.append(", by ").append(figure.label);
  return help.append(": ").append(figure.help);
}

void append_figure(std::string& text, const Report& report, const Report::Item& first,
                   std::string_view prefix) {
  const Figure& figure = first.figure;
  const std::string name = metric_name(prefix, figure, first.is_total);
  append_head(text, name, help_of(figure), first.is_total ? "counter" : "gauge");
  for (const Report::Item& item : report.items()) {
    if (item.figure.name != figure.name) continue;
    append_sample(text, name, figure.label, item.of, std::to_string(item.value));
  }
}

void append_histogram(std::string& text, const Figure& figure, const Lag& times,
                      std::string_view prefix) {
  const std::string name = metric_name(prefix, figure, false);
  append_head(text, name, help_of(figure), "histogram");
  for (unsigned octave = kFirstOctave; octave <= kLastOctave; ++octave) {
    append_sample(text, name + "_bucket", "le",
                  seconds_text(microseconds(std::int64_t{1} << octave)),
                  std::to_string(times.below(octave)));
  }
  const std::string count = std::to_string(times.count());
  append_sample(text, name + "_bucket", "le", "+Inf", count);
  append_sample(text, name + "_sum", {}, {}, seconds_text(times.sum()));
  append_sample(text, name + "_count", {}, {}, count);
}

void append_process(std::string& text, std::string_view prefix, const Process& process) {
  const std::string build = std::string(prefix) + "_build_info";
  append_head(text, build, "always 1, by version of the program", "gauge");
  append_sample(text, build, "version", process.version, "1");
  append_head(text, "process_cpu_seconds_total", "seconds: of CPU, of the program and the kernel",
              "counter");
  append_sample(text, "process_cpu_seconds_total", {}, {}, seconds_text(process.cpu));
  append_head(text, "process_resident_memory_bytes", "bytes: that the process takes now", "gauge");
  append_sample(text, "process_resident_memory_bytes", {}, {},
                std::to_string(process.memory_bytes));
  append_head(text, "process_start_time_seconds", "seconds: since 1970, when it was started",
              "gauge");
  append_sample(text, "process_start_time_seconds", {}, {}, seconds_text(process.start));
}

}  // namespace

std::string metric_name(std::string_view prefix, const Figure& figure, bool is_total) {
  std::string name = "_" + std::string(figure.name) + "_";
  if (figure.unit == "bytes") {
    constexpr std::string_view kBytes = "_bytes_";
    if (const std::size_t at = name.find(kBytes); at != std::string::npos) {
      name.erase(at, kBytes.size() - 1);
      name += "bytes_";
    }
  }
  if (figure.unit == "seconds") name += "seconds_";
  if (is_total) name += "total_";
  name.pop_back();
  return std::string(prefix) + name;
}

std::string metrics_text(const Report& report, std::string_view prefix, const Process& process) {
  std::string text;
  const auto& items = report.items();
  for (auto item = items.begin(); item != items.end(); ++item) {
    const bool had = std::any_of(items.begin(), item, [&](const Report::Item& before) {
      return before.figure.name == item->figure.name;
    });
    if (!had) append_figure(text, report, *item, prefix);
  }
  for (const auto& [figure, times] : report.spreads())
    append_histogram(text, figure, times, prefix);
  append_process(text, prefix, process);
  return text;
}

}  // namespace tcpcopy::metrics
