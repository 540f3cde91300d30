// SPDX-License-Identifier: BSD-3-Clause
#include "common/report/json_lines.hh"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "common/runtime/errors.hh"

namespace tcpcopy::report {
namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

std::string time_text(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto ms = duration_cast<milliseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(ms / 1000), ms % 1000);
}

// All values of a figure that has a label. Names and labels are literals of the program: letters,
// digits, - and _ alone, so nothing is escaped.
std::string by_label(const Report& report, std::string_view name) {
  std::string text;
  for (const Report::Item& item : report.items()) {
    if (item.figure.name != name) continue;
    text += fmt::format("{}\"{}\":{}", text.empty() ? "" : ",", item.of, item.value);
  }
  return "{" + text + "}";
}

}  // namespace

std::string json_line(const Report& report, std::string_view program,
                      std::chrono::system_clock::time_point time) {
  std::string line = fmt::format(R"({{"time":"{}","program":"{}")", time_text(time), program);
  const auto& items = report.items();
  for (auto item = items.begin(); item != items.end(); ++item) {
    const std::string_view name = item->figure.name;
    const bool had = std::any_of(items.begin(), item,
                                 [&](const Report::Item& i) { return i.figure.name == name; });
    if (had) continue;
    line += fmt::format(
        ",\"{}\":{}", name,
        item->figure.label.empty() ? std::to_string(item->value) : by_label(report, name));
  }
  for (const auto& [figure, times] : report.spreads()) {
    line += fmt::format(R"(,"{}":{{"median":{:.6f},"p99":{:.6f},"greatest":{:.6f}}})", figure.name,
                        seconds(times.quantile(0.5)), seconds(times.quantile(0.99)),
                        seconds(times.quantile(1)));
  }
  return line + "}";
}

JsonLines::JsonLines(std::string path, std::string program)
    : path_(std::move(path)), program_(std::move(program)) {
  if (!path_.empty() && !append("")) {
    throw runtime::UsageError("--statistics-file " + path_ + ": " + runtime::error_text(errno));
  }
}

bool JsonLines::append(const std::string& text) const {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path_.c_str(), "abe"),
                                                             &std::fclose);
  return file && std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() &&
         std::fflush(file.get()) == 0;
}

void JsonLines::write(const Report& report) {
  if (path_.empty()) return;
  if (append(json_line(report, program_, std::chrono::system_clock::now()) + "\n")) {
    if (fault_.end()) spdlog::info("--statistics-file {}: it can be written again", path_);
    return;
  }
  const std::string why = runtime::error_text(errno);
  const Instant now(std::chrono::steady_clock::now().time_since_epoch());
  if (fault_.happens(now)) {
    spdlog::warn("--statistics-file {}: {}{}; lines are lost until it can be written again", path_,
                 why, fault_.count());
  }
}

}  // namespace tcpcopy::report
