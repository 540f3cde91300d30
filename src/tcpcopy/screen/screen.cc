// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/screen/screen.hh"

#include <algorithm>

#include "tcpcopy/screen/number_texts.hh"

namespace tcpcopy::screen {
namespace {

constexpr std::size_t kName = 20;  // columns of the table
constexpr std::size_t kNumber = 15;
constexpr std::size_t kLabel = 12;       // of the lines below it
constexpr std::size_t kMinWarnings = 3;  // rows that losses leave to warnings, if there are some
constexpr std::size_t kMostLossRows = 10;

// A row of the table: what grows.
struct Row {
  std::string_view name;
  std::string_view figure;
  bool bytes = false;
};
constexpr Row kOfSessions[] = {
    {"requests", "turns_sent"},
    {"bytes captured", "bytes_captured", true},
    {"bytes delivered", "bytes_delivered", true},
    {"bytes answered", "response_bytes", true},
    {"packets sent", "segments_sent"},
    {"responses", "responses"},
    {"sessions opened", "sessions_opened"},
    {"connections", "connections"},
};
constexpr Row kOfDatagrams[] = {
    {"datagrams captured", "datagrams_captured"},
    {"datagrams sent", "datagrams_sent"},
    {"bytes captured", "datagram_bytes_captured", true},
    {"bytes sent", "datagram_bytes_sent", true},
};

class Drawing {
 public:
  Drawing(const History& history, const Around& around, Size size)
      : now_(history.latest()),
        last_(history.last()),
        longer_(history.longer()),
        around_(around),
        size_(size) {}

  std::vector<Line> lines() && {
    draw_head();
    if (now_.has("datagrams_captured")) {
      for (const Row& row : kOfDatagrams)
        draw_row(row);
      add("");
    } else {
      for (const Row& row : kOfSessions)
        draw_row(row);
      add("");
      draw_sessions();
      draw_times();
    }
    draw_links();
    draw_kernel();
    draw_losses();
    draw_warnings();
    if (lines_.size() > size_.rows) lines_.resize(size_.rows);
    return std::move(lines_);
  }

 private:
  void add(std::string_view text, Style style = Style::kPlain) {
    lines_.push_back({harmless(text.substr(0, size_.columns)), style});
  }
  void add(std::string_view label, const std::string& text, bool bad) {
    add(left(label, kLabel) + text, bad ? Style::kBad : Style::kPlain);
  }
  std::size_t room() const { return size_.rows - std::min(size_.rows, lines_.size()); }
  std::string count(std::string_view figure) const { return count_text(now_.sum(figure)); }

  void draw_head() {
    const std::string up = " up " + clock_text(around_.up);
    const std::size_t width = size_.columns - std::min(size_.columns, up.size());
    add(left(around_.title, width) + up, Style::kHead);
    add(around_.files);
    add(left("", kName) + right("a second", kNumber) + right("in 10 s", kNumber) +
        right("in all", kNumber));
  }

  void draw_row(const Row& row) {
    const auto rate = [&](const Span& span) {
      const double value = span.rate(row.figure);
      return right(row.bytes ? bytes_text(value) : rate_text(value), kNumber);
    };
    const std::uint64_t total = now_.sum(row.figure);
    add(left(row.name, kName) + rate(last_) + rate(longer_) +
        right(row.bytes ? bytes_text(static_cast<double>(total)) : count_text(total), kNumber));
  }

  void draw_sessions() {
    add("sessions",
        count("sessions_live") + " live, " + count("sessions_completed") + " completed, " +
            count("sessions_lost") + " lost; " +
            bytes_text(static_cast<double>(now_.sum("bytes_held"))) + " held",
        false);
    const std::uint64_t syns = longer_.grown("syns_sent");
    const std::uint64_t answered = std::min(longer_.grown("connections"), syns);
    add("handshakes",
        percent_text(answered, syns) + " of " + count_text(syns) +
            " SYNs led to a connection in 10 s; " + count("reconnects") + " reconnects",
        syns > 0 && answered == 0);
  }

  void draw_times() {
    const auto times = [&](std::string_view label, std::string_view figure) {
      const Lag lag = longer_.times(figure);
      if (lag.count() == 0) return add(label, "- (nothing in 10 s)", false);
      add(label,
          "median " + ms_text(lag.quantile(0.5)) + ", p99 " + ms_text(lag.quantile(0.99)) +
              ", greatest " + ms_text(lag.quantile(1)) + " in 10 s",
          false);
    };
    times("lag ms", "lag");
    times("answers ms", "target_answer");
    add("turns",
        count("turns_ended_by_quiet") + " answered with another length, " + count("turns_expired") +
            " not in time; " + count("segments_retransmitted") + " sent again",
        false);
  }

  void draw_links() {
    if (now_.has("returned_packets")) {
      add("responses",
          count("returned_packets") + " captured, " + count("returned_drops") + " dropped",
          now_.sum("returned_drops") > 0);
    }
    if (now_.sum("links_configured") == 0) return;
    add("links",
        count("links_connected") + " of " + count("links_configured") + ", " +
            count("link_breaks") + " breaks; " + count("routes_dropped") + " routes dropped",
        now_.sum("links_connected") < now_.sum("links_configured"));
  }

  void draw_kernel() {
    const std::uint64_t drops = now_.sum("capture_drops");
    const std::uint64_t refused = now_.sum("injected_refused");
    add("kernel",
        count_text(drops) + " packets dropped at capture, " + count_text(refused) +
            " refused to send",
        drops + refused > 0);
  }

  // By reason, the most sessions first; then the most bytes.
  void draw_losses() {
    struct Loss {
      std::string_view reason;
      std::uint64_t packets, bytes, sessions;
    };
    std::vector<Loss> losses;
    for (const Report::Item& item : now_.items()) {
      if (item.figure.name != "packets_lost") continue;
      const Loss loss{item.of, item.value, now_.of("bytes_lost", item.of),
                      now_.of("sessions_lost", item.of)};
      if (loss.packets + loss.bytes + loss.sessions > 0) losses.push_back(loss);
    }
    if (losses.empty()) return add("lost", "nothing", false);
    std::sort(losses.begin(), losses.end(), [](const Loss& a, const Loss& b) {
      return a.sessions != b.sessions ? a.sessions > b.sessions : a.bytes > b.bytes;
    });
    const std::size_t reserved = std::min(kMinWarnings, around_.warnings.size());
    const std::size_t rows =
        std::clamp<std::size_t>(room() - std::min(room(), reserved), 1, kMostLossRows);
    const std::size_t shown = losses.size() <= rows ? losses.size() : rows - 1;
    for (std::size_t i = 0; i < shown; ++i) {
      const Loss& loss = losses[i];
      add(i == 0 ? "lost" : "",
          left(loss.reason, kName) + count_text(loss.sessions) + " sessions, " +
              count_text(loss.packets) + " packets, " + bytes_text(static_cast<double>(loss.bytes)),
          true);
    }
    if (shown < losses.size()) {
      add(shown == 0 ? "lost" : "",
          "for " + std::to_string(losses.size() - shown) + " more reasons", true);
    }
  }

  void draw_warnings() {
    const auto& warnings = around_.warnings;
    const std::size_t shown = std::min(room(), warnings.size());
    for (std::size_t i = warnings.size() - shown; i < warnings.size(); ++i)
      add(warnings[i], Style::kBad);
  }

  const Report& now_;
  Span last_;
  Span longer_;
  const Around& around_;
  Size size_;
  std::vector<Line> lines_;
};

}  // namespace

std::vector<Line> draw(const History& history, const Around& around, Size size) {
  return Drawing(history, around, size).lines();
}

std::string line_of(const History& history, const Around& around) {
  const Report& now = history.latest();
  const Span last = history.last();
  const auto bytes = [&](std::string_view figure) { return bytes_text(last.rate(figure)); };
  if (now.has("datagrams_captured")) {
    return "up " + clock_text(around.up) + " datagrams/s " +
           rate_text(last.rate("datagrams_captured")) + " sent/s " +
           rate_text(last.rate("datagrams_sent"));
  }
  return "up " + clock_text(around.up) + " requests/s " + rate_text(last.rate("turns_sent")) +
         " in/s " + bytes("bytes_captured") + " out/s " + bytes("bytes_delivered") + " live " +
         count_text(now.sum("sessions_live")) + " lost " + count_text(now.sum("sessions_lost")) +
         " lag ms " + ms_text(last.times("lag").quantile(0.5));
}

}  // namespace tcpcopy::screen
