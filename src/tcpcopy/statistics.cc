// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/statistics.hh"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

namespace tcpcopy::replayer {
namespace {

std::string losses(const session::Ledger& ledger) {
  std::string text;
  for (std::size_t i = 0; i < session::kLossReasons; ++i) {
    const session::Account& lost = ledger.lost[i];
    if (lost.packets == 0 && lost.bytes == 0 && ledger.sessions_lost[i] == 0) continue;
    text += fmt::format(" {}:{}/{}B/{}s", to_string(static_cast<session::LossReason>(i)),
                        lost.packets, lost.bytes, ledger.sessions_lost[i]);
  }
  return text.empty() ? " none" : text;
}

std::string refused(const session::Ledger& ledger) {
  std::string text;
  for (std::size_t i = 0; i < session::kRefusals; ++i) {
    if (ledger.refused[i] == 0) continue;
    text += fmt::format(" {}:{}", to_string(static_cast<session::Refusal>(i)), ledger.refused[i]);
  }
  return text.empty() ? " none" : text;
}

std::string lateness(const session::Lag& lag) {
  const auto ms = [](Duration time) { return static_cast<double>(time.count()) / 1e6; };
  return fmt::format("median:{:.1f} greatest:{:.1f}", ms(lag.quantile(0.5)), ms(lag.quantile(1)));
}

std::string malformed(const net::CaptureCounters& capture) {
  std::string text;
  for (std::size_t i = 0; i < net::kParseErrors; ++i) {
    if (capture.malformed[i] == 0) continue;
    text += fmt::format(" {}:{}", to_string(static_cast<net::ParseError>(i)), capture.malformed[i]);
  }
  return text.empty() ? " none" : text;
}

// What could not be read is of interest when it is much of what there was.
void log_capture_faults(const net::CaptureCounters& capture) {
  constexpr std::uint64_t kMuch = 10;  // one of so many
  if (capture.cut_packets > 0) {
    spdlog::warn(
        "{} packets were captured without all of their payload, {} bytes are missing and did not "
        "come again",
        capture.cut_packets, capture.cut_bytes);
  }
  const net::Fragments::Counters& fragments = capture.fragments;
  if (fragments.taken > 0) {
    spdlog::info(
        "fragments:{} put together:{} repeated:{}; given up: incomplete:{} overlapping:{} "
        "malformed:{}",
        fragments.taken, fragments.whole, fragments.repeated, fragments.given_up,
        fragments.overlapping, fragments.malformed);
  }
  if (capture.unread() > 0 && capture.unread() * kMuch >= capture.packets) {
    spdlog::warn("{} of {} captured packets could not be read:{}", capture.unread(),
                 capture.packets, malformed(capture));
  }
  if (capture.refused_checksums > 0) {
    spdlog::warn("{} packets were damaged on their way: their TCP checksum is wrong; left out",
                 capture.refused_checksums);
  }
  if (capture.bad_checksums > capture.refused_checksums) {
    spdlog::warn(
        "{} packets have a wrong TCP checksum that no device was to compute; they are replayed all "
        "the same",
        capture.bad_checksums - capture.refused_checksums);
  }
}

void log_sessions(const StatisticsSources& sources) {
  const session::Ledger& ledger = sources.ledger;
  spdlog::info(
      "active:{} conns:{} resp:{} c-resp:{} all clt:{} clt cont:{} send:{} send content:{} "
      "syn cnt:{} retransmit:{} reconnect:{} for no syn:{} total captured packets:{} links:{}/{}",
      ledger.sessions_live, ledger.connections, ledger.responses, ledger.response_bytes,
      ledger.captured.packets, ledger.captured.packets - ledger.control_packets,
      ledger.segments_sent, ledger.bytes_sent, ledger.syns_sent, ledger.retransmissions,
      ledger.reconnects, ledger.joined, sources.capture.packets,
      sources.links == nullptr ? 0 : sources.links->connected(),
      sources.links == nullptr ? 0 : sources.links->size());
  spdlog::info(
      "ledger: sessions opened:{} completed:{} live:{} lost:{}; bytes captured:{} delivered:{} "
      "duplicate:{} held:{} lost:{}; balanced:{}; lost by reason (packets/bytes/sessions):{}",
      ledger.sessions_opened, ledger.sessions_completed, ledger.sessions_live,
      ledger.sessions_lost_in_all(), ledger.captured.bytes, ledger.delivered.bytes,
      ledger.duplicate.bytes, ledger.held.bytes, ledger.lost_in_all().bytes,
      ledger.balanced() ? "yes" : "NO", losses(ledger));
}

// How the target differs from production.
void log_target(const session::Ledger& ledger, const session::Lag& lag) {
  spdlog::info("lag ms: {}; turns ended by quiet:{}; turns not answered in time:{}; refused:{}",
               lateness(lag), ledger.turn_quiets, ledger.turn_expiries, refused(ledger));
}

void log_links(const returns::InterceptLinks& links) {
  const returns::LinkCounters& counters = links.counters();
  spdlog::info(
      "links: connected:{} configured:{} connects:{} breaks:{}; responses received:{} "
      "malformed:{}; routes registered:{} dropped:{} unsent bytes:{}",
      links.connected(), links.size(), counters.connects, counters.breaks, counters.responses,
      counters.malformed, counters.routes, counters.routes_dropped, links.unsent_bytes());
}

void log_datagrams(const session::DatagramCounts& datagrams) {
  spdlog::info("datagrams captured:{} left out:{} sent:{}; bytes captured:{} sent:{}",
               datagrams.captured.packets, datagrams.sampled_out.packets, datagrams.sent.packets,
               datagrams.captured.bytes, datagrams.sent.bytes);
}

// @param lag what is told of it.
void log_lines(const StatisticsSources& sources, const session::Lag& lag) {
  if (sources.datagrams != nullptr) {  // there are neither sessions nor links
    log_datagrams(*sources.datagrams);
  } else {
    log_sessions(sources);
    log_target(sources.ledger, lag);
  }
  if (sources.links != nullptr) log_links(*sources.links);
  const auto& inject = sources.inject;
  if (sources.capture.kernel_drops > 0 || inject.refused > 0) {
    spdlog::warn("the kernel dropped {} packets at capture (see -B); it refused {} packets: {}",
                 sources.capture.kernel_drops, inject.refused, to_string(inject));
  }
  if (sources.responses) {
    spdlog::info("responses captured:{} kernel drops:{}", sources.responses->packets,
                 sources.responses->kernel_drops);
  }
  log_capture_faults(sources.capture);
}

}  // namespace

void log_statistics(const StatisticsSources& sources, session::Lag& told) {
  log_lines(sources, sources.ledger.lag - told);
  told = sources.ledger.lag;
}

void log_summary(const StatisticsSources& sources) {
  log_lines(sources, sources.ledger.lag);
  const std::string left_out = fmt::format("malformed packets:{}; own packets:{}",
                                           malformed(sources.capture), sources.capture.own_packets);
  if (sources.datagrams != nullptr) {
    spdlog::info(left_out);
    return;
  }
  const session::Ledger& ledger = sources.ledger;
  spdlog::info("packets captured:{} control:{} delivered:{} duplicate:{} held:{} lost:{}",
               ledger.captured.packets, ledger.control_packets, ledger.delivered.packets,
               ledger.duplicate.packets, ledger.held.packets, ledger.lost_in_all().packets);
  spdlog::info("{}; responses without a session:{}; ports changed:{}", left_out,
               ledger.responses_unknown, ledger.ports_changed);
}

void FirstDelivery::look(const session::Ledger& ledger) {
  if (said_ || ledger.delivered.bytes == 0) return;
  said_ = true;
  spdlog::info("first bytes delivered: the target has acknowledged {} bytes that a client sent",
               ledger.delivered.bytes);
}

double delivered_percent(const StatisticsSources& sources) {
  const session::Ledger& ledger = sources.ledger;
  const auto left_out = static_cast<std::size_t>(session::LossReason::kNotSampled);
  const auto percent = [](std::uint64_t part, std::uint64_t whole) {
    return 100 * static_cast<double>(part) / static_cast<double>(whole);
  };
  const std::uint64_t sessions = ledger.sessions_opened - ledger.sessions_lost[left_out];
  if (sources.datagrams != nullptr) {  // what leaves counts as delivered: nobody answers for it
    const std::uint64_t sent = sources.datagrams->sent.packets;
    return sent == 0 ? 0 : percent(sent - std::min(sent, sources.inject.refused), sent);
  }
  if (sessions == 0) return 0;
  const std::uint64_t bytes = ledger.captured.bytes - ledger.duplicate.bytes -
                              ledger.lost[left_out].bytes + sources.capture.cut_bytes;
  return std::min(percent(ledger.sessions_completed, sessions),
                  bytes == 0 ? 100 : percent(ledger.delivered.bytes, bytes));
}

}  // namespace tcpcopy::replayer
