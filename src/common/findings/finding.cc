// SPDX-License-Identifier: BSD-3-Clause
#include "common/findings/finding.hh"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tcpcopy::findings {
namespace {

constexpr std::string_view kPage = "docs/check.md#";

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "PASS";
    case Verdict::kWarn:
      return "WARN";
    case Verdict::kFail:
      return "FAIL";
    case Verdict::kSkip:
      return "SKIP";
  }
  return "";
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == ' ') c = '-';
  }
  return text;
}

std::string page_of(const Code& code) { return std::string(kPage) + lower(to_string(code)); }

// RFC 8259, 7. What is quoted is our own text, and names from the command line.
std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20) {
      result += "\\u00";
      result += kDigits[byte >> 4U];
      result += kDigits[byte & 15U];
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace

std::string to_text(const Finding& finding, std::size_t number) {
  std::string text = std::string(word(finding.verdict)) + (number < 10 ? "   " : "  ") +
                     std::to_string(number) + "  " + finding.hop;
  if (finding.code.number != 0) text += "  [" + to_string(finding.code) + "]";
  if (!finding.detail.empty()) text += "\n         " + finding.detail;
  if (!finding.mend.empty()) text += "\n   mend: " + finding.mend;
  if (finding.code.number != 0) text += "\n   page: " + page_of(finding.code);
  return text;
}

std::string to_json(const Finding& finding, std::size_t number) {
  std::string text = "{\"number\":" + std::to_string(number) +
                     ",\"verdict\":" + quoted(lower(std::string(word(finding.verdict)))) +
                     ",\"hop\":" + quoted(finding.hop) + ",\"detail\":" + quoted(finding.detail);
  if (finding.code.number != 0) {
    text += ",\"code\":" + quoted("TC" + std::to_string(finding.code.number)) +
            ",\"name\":" + quoted(finding.code.name) + ",\"page\":" + quoted(page_of(finding.code));
  }
  if (!finding.mend.empty()) text += ",\"mend\":" + quoted(finding.mend);
  return text + "}";
}

std::string to_log_line(const Finding& finding) {
  std::string text = "[" + to_string(finding.code) + "] this does not hold: " + finding.hop;
  if (!finding.detail.empty()) text += " (" + finding.detail + ")";
  if (!finding.mend.empty()) text += "; mend: " + finding.mend;
  return text + "; page: " + page_of(finding.code);
}

const Finding& Report::add(Finding finding) {
  findings_.push_back(std::move(finding));
  return findings_.back();
}

std::size_t Report::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::count_if(findings_.begin(), findings_.end(),
                    [&](const Finding& finding) { return finding.verdict == verdict; }));
}

const Finding* Report::first_broken() const {
  const auto found = std::find_if(findings_.begin(), findings_.end(), [](const Finding& finding) {
    return finding.verdict == Verdict::kFail;
  });
  return found == findings_.end() ? nullptr : &*found;
}

bool Report::broken() const { return first_broken() != nullptr; }

std::string Report::remarks(bool json) const {
  std::string text;
  for (const Look& look : looks_) {
    std::string commands;
    for (const std::string& command : look.commands) {
      commands += json ? (commands.empty() ? "" : ",") + quoted(command) : "   " + command + "\n";
    }
    text += json ? "{\"verdict\":\"look\",\"host\":" + quoted(look.host) + ",\"commands\":[" +
                       commands + "]}\n"
                 : "to look at on " + look.host + " (these change nothing):\n" + commands;
  }
  for (const Remark& remark : remarks_) {
    text += json ? "{\"verdict\":" + quoted(lower(std::string(remark.kind))) +
                       ",\"detail\":" + quoted(remark.text) + "}\n"
                 : std::string(remark.kind) + ": " + remark.text + "\n";
  }
  return text;
}

std::string Report::summary() const {
  std::string text = std::to_string(findings_.size()) +
                     " hops: " + std::to_string(count(Verdict::kPass)) + " pass";
  const auto add_count = [&](Verdict verdict, std::string_view name) {
    if (const std::size_t n = count(verdict); n > 0)
      text += ", " + std::to_string(n) + " " + std::string(name);
  };
  add_count(Verdict::kWarn, "warn");
  add_count(Verdict::kFail, "fail");
  add_count(Verdict::kSkip, "not tested");
  return text;
}

std::string to_string(const Report& report, bool json) {
  std::string text;
  std::size_t number = 0;
  for (const Finding& finding : report.findings()) {
    ++number;
    text += (json ? to_json(finding, number) : to_text(finding, number)) + "\n";
  }
  text += report.remarks(json);
  return json ? text : text + report.summary() + "\n";
}

int Report::exit_status() const {
  if (broken()) return kBroken;
  return count(Verdict::kSkip) > 0 ? kNotTested : kPasses;
}

}  // namespace tcpcopy::findings
