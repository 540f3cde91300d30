// SPDX-License-Identifier: BSD-3-Clause
// What was found out about one hop of a packet's way, and the report of all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/findings/codes.hh"

namespace tcpcopy::findings {

enum class Verdict : std::uint8_t {
  kPass,
  kWarn,  ///< it works, or may; something is not as it should be
  kFail,
  kSkip,  ///< not tested
};

struct Finding {
  Verdict verdict = Verdict::kPass;
  std::string hop;     ///< what was looked at
  std::string detail;  ///< what was seen, or why it was not tested
  Code code;           ///< why it is no kPass
  std::string mend;    ///< the command that repairs it, and on which host; empty: none is known
};

/// One line, with what mends it in lines below.
/// @param number of the hop, from 1.
std::string to_text(const Finding& finding, std::size_t number);
/// A JSON object in one line.
std::string to_json(const Finding& finding, std::size_t number);

/// What is wrong, in one line for a daemon's log: code, hop, detail, what mends it, page.
std::string to_log_line(const Finding& finding);

class Report {
 public:
  const Finding& add(Finding finding);
  const std::vector<Finding>& findings() const { return findings_; }

  /// What had to be assumed, and what was not tested: no hop, and nothing wrong.
  void assume(std::string text) { remarks_.push_back({"assumed", std::move(text)}); }
  void leave_out(std::string text) { remarks_.push_back({"not tested", std::move(text)}); }
  /// Commands to be pasted on another host, which show there what cannot be seen from here.
  void show_elsewhere(std::string host, std::vector<std::string> commands) {
    looks_.push_back({std::move(host), std::move(commands)});
  }

  /// The first hop that is broken; null when none is.
  const Finding* first_broken() const;

  /// Whether a hop so far is broken, so that what stands behind it cannot be told.
  bool broken() const;

  /// `7 hops: 5 pass, 1 fail, 1 not tested`.
  std::string summary() const;

  // Of the process.
  static constexpr int kPasses = 0;
  static constexpr int kBroken = 1;
  static constexpr int kNotTested = 3;
  int exit_status() const;

 private:
  std::size_t count(Verdict verdict) const;

  struct Remark {
    std::string_view kind;
    std::string text;
  };
  struct Look {
    std::string host;
    std::vector<std::string> commands;
  };
  friend std::string to_string(const Report& report, bool json);
  std::string remarks(bool json) const;

  std::vector<Finding> findings_;
  std::vector<Remark> remarks_;
  std::vector<Look> looks_;
};

/// All of it, a line or more for each hop: as text with the summary, or as JSON.
std::string to_string(const Report& report, bool json);

}  // namespace tcpcopy::findings
