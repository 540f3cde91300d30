// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/log_lines.hh"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

namespace tcpcopy::replayer {
namespace {

// A word of a line, and the figure behind it.
struct Word {
  std::string_view text;
  std::string_view figure;
};

template <std::size_t Count>
std::string words(const Report& report, const Word (&list)[Count]) {
  std::string line;
  for (const Word& word : list)
    line += fmt::format("{}{}", word.text, report.sum(word.figure));
  return line;
}

// ` reason:3 other:1`, those that are not zero.
std::string by_label(const Report& report, std::string_view figure) {
  std::string text;
  for (const Report::Item& item : report.items()) {
    if (item.figure.name != figure || item.value == 0) continue;
    text += fmt::format(" {}:{}", item.of, item.value);
  }
  return text.empty() ? " none" : text;
}

std::string losses(const Report& report) {
  std::string text;
  for (const Report::Item& item : report.items()) {
    if (item.figure.name != "packets_lost") continue;
    const std::uint64_t bytes = report.of("bytes_lost", item.of);
    const std::uint64_t sessions = report.of("sessions_lost", item.of);
    if (item.value == 0 && bytes == 0 && sessions == 0) continue;
    text += fmt::format(" {}:{}/{}B/{}s", item.of, item.value, bytes, sessions);
  }
  return text.empty() ? " none" : text;
}

std::string lateness(const Lag& lag) {
  const auto ms = [](Duration time) { return static_cast<double>(time.count()) / 1e6; };
  return fmt::format("median:{:.1f} greatest:{:.1f}", ms(lag.quantile(0.5)), ms(lag.quantile(1)));
}

constexpr Word kSessions[] = {
    {"active:", "sessions_live"},
    {" conns:", "connections"},
    {" resp:", "responses"},
    {" c-resp:", "response_bytes"},
    {" all clt:", "packets_captured"},
    {" clt cont:", "packets_with_payload"},
    {" send:", "segments_sent"},
    {" send content:", "bytes_sent"},
    {" syn cnt:", "syns_sent"},
    {" retransmit:", "segments_retransmitted"},
    {" reconnect:", "reconnects"},
    {" for no syn:", "sessions_joined"},
    {" total captured packets:", "capture_packets"},
    {" links:", "links_connected"},
    {"/", "links_configured"},
};
constexpr Word kLedger[] = {
    {"ledger: sessions opened:", "sessions_opened"},
    {" completed:", "sessions_completed"},
    {" live:", "sessions_live"},
    {" lost:", "sessions_lost"},
    {"; bytes captured:", "bytes_captured"},
    {" delivered:", "bytes_delivered"},
    {" duplicate:", "bytes_duplicate"},
    {" held:", "bytes_held"},
    {" lost:", "bytes_lost"},
};
constexpr Word kTurns[] = {
    {"; turns ended by quiet:", "turns_ended_by_quiet"},
    {"; turns not answered in time:", "turns_expired"},
};
constexpr Word kLinks[] = {
    {"links: connected:", "links_connected"},
    {" configured:", "links_configured"},
    {" connects:", "link_connects"},
    {" breaks:", "link_breaks"},
    {"; responses received:", "link_responses"},
    {" malformed:", "link_malformed"},
    {"; routes registered:", "routes_announced"},
    {" dropped:", "routes_dropped"},
    {" unsent bytes:", "link_unsent_bytes"},
};
constexpr Word kDatagrams[] = {
    {"datagrams captured:", "datagrams_captured"},
    {" left out:", "datagrams_left_out"},
    {" sent:", "datagrams_sent"},
    {"; bytes captured:", "datagram_bytes_captured"},
    {" sent:", "datagram_bytes_sent"},
};
constexpr Word kReturned[] = {
    {"responses captured:", "returned_packets"},
    {" kernel drops:", "returned_drops"},
};
constexpr Word kFragments[] = {
    {"fragments:", "fragments"},
    {" put together:", "fragments_put_together"},
    {" repeated:", "fragments_repeated"},
    {"; given up: incomplete:", "fragments_incomplete"},
    {" overlapping:", "fragments_overlapping"},
    {" malformed:", "fragments_malformed"},
};
constexpr Word kPackets[] = {
    {"packets captured:", "packets_captured"},
    {" control:", "packets_control"},
    {" delivered:", "packets_delivered"},
    {" duplicate:", "packets_duplicate"},
    {" held:", "packets_held"},
    {" lost:", "packets_lost"},
};
constexpr Word kStrays[] = {
    {"; responses without a session:", "responses_unknown"},
    {"; ports changed:", "sessions_on_other_ports"},
};

// There are neither sessions nor links then.
bool of_datagrams(const Report& report) { return report.has("datagrams_captured"); }

// What could not be read is of interest when it is much of what there was.
void log_capture_faults(const Report& report) {
  constexpr std::uint64_t kMuch = 10;  // one of so many
  if (const std::uint64_t cut = report.sum("packets_cut"); cut > 0) {
    spdlog::warn(
        "{} packets were captured without all of their payload, {} bytes are missing and did not "
        "come again",
        cut, report.sum("bytes_cut"));
  }
  if (report.sum("fragments") > 0) spdlog::info(words(report, kFragments));
  const std::uint64_t unread = report.sum("packets_unread");
  const std::uint64_t captured = report.sum("capture_packets");
  if (unread > 0 && unread * kMuch >= captured) {
    spdlog::warn("{} of {} captured packets could not be read:{}", unread, captured,
                 by_label(report, "packets_malformed"));
  }
  if (const std::uint64_t damaged = report.sum("packets_damaged"); damaged > 0) {
    spdlog::warn("{} packets were damaged on their way: their TCP checksum is wrong; left out",
                 damaged);
  }
  if (const std::uint64_t bad = report.sum("packets_bad_checksum"); bad > 0) {
    spdlog::warn(
        "{} packets have a wrong TCP checksum that no device was to compute; they are replayed all "
        "the same",
        bad);
  }
}

void log_drops(const Report& report) {
  const std::uint64_t drops = report.sum("capture_drops");
  const std::uint64_t refused = report.sum("injected_refused");
  if (drops == 0 && refused == 0) return;
  const std::string kinds = refused == 0 ? "" : by_label(report, "injected_refused").substr(1);
  spdlog::warn("the kernel dropped {} packets at capture (see -B); it refused {} packets: {}",
               drops, refused, kinds);
}

// @param lag what is told of it.
void log_lines(const Report& report, const Lag& lag) {
  if (of_datagrams(report)) {
    spdlog::info(words(report, kDatagrams));
  } else {
    spdlog::info(words(report, kSessions));
    spdlog::info("{}; balanced:{}; lost by reason (packets/bytes/sessions):{}",
                 words(report, kLedger), report.sum("ledgers_unbalanced") == 0 ? "yes" : "NO",
                 losses(report));
    // How the target differs from production.
    spdlog::info("lag ms: {}{}; refused:{}", lateness(lag), words(report, kTurns),
                 by_label(report, "packets_disbelieved"));
  }
  if (report.sum("links_configured") > 0) spdlog::info(words(report, kLinks));
  log_drops(report);
  if (report.has("returned_packets")) spdlog::info(words(report, kReturned));
  log_capture_faults(report);
}

}  // namespace

void log_statistics(const Report& report, Lag& told) {
  const Lag lag = report.times("lag");
  log_lines(report, lag - told);
  told = lag;
}

void log_summary(const Report& report) {
  log_lines(report, report.times("lag"));
  const std::string left_out =
      fmt::format("malformed packets:{}; own packets:{}", by_label(report, "packets_malformed"),
                  report.sum("packets_own"));
  if (of_datagrams(report)) {
    spdlog::info(left_out);
    return;
  }
  spdlog::info(words(report, kPackets));
  spdlog::info(left_out + words(report, kStrays));
}

report::Rates rates_from(Instant start) {
  return {{{"sessions opened", "sessions_opened"},
           {"connections", "connections"},
           {"turns", "turns_sent"},
           {"bytes captured", "bytes_captured"},
           {"bytes delivered", "bytes_delivered"},
           {"packets sent", "segments_sent"},
           {"responses", "responses"},
           {"datagrams captured", "datagrams_captured"},
           {"datagrams sent", "datagrams_sent"},
           {"bytes captured", "datagram_bytes_captured"},
           {"bytes sent", "datagram_bytes_sent"}},
          start};
}

void FirstDelivery::look(const Standing& standing, Instant now) {
  if (said_ || standing.delivered == 0) return;
  said_ = true;
  spdlog::info(
      "first bytes delivered: the target has acknowledged {} bytes that a client sent; connections "
      "established: {}; {:.1f} s after the start",
      standing.delivered, standing.connections,
      std::chrono::duration<double>(now - start_).count());
}

double delivered_percent(const Report& report) {
  constexpr std::string_view kLeftOut = "not-sampled";
  const auto percent = [](std::uint64_t part, std::uint64_t whole) {
    return 100 * static_cast<double>(part) / static_cast<double>(whole);
  };
  if (of_datagrams(report)) {  // what leaves counts as delivered: nobody answers for it
    const std::uint64_t sent = report.sum("datagrams_sent");
    return sent == 0 ? 0 : percent(sent - std::min(sent, report.sum("injected_refused")), sent);
  }
  const std::uint64_t sessions =
      report.sum("sessions_opened") - report.of("sessions_lost", kLeftOut);
  if (sessions == 0) return 0;
  const std::uint64_t bytes = report.sum("bytes_captured") - report.sum("bytes_duplicate") -
                              report.of("bytes_lost", kLeftOut) + report.sum("bytes_cut");
  return std::min(percent(report.sum("sessions_completed"), sessions),
                  bytes == 0 ? 100 : percent(report.sum("bytes_delivered"), bytes));
}

}  // namespace tcpcopy::replayer
