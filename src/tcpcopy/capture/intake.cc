// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/intake.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "common/net/capture_report.hh"
#include "common/net/datagram_packet.hh"
#include "tcpcopy/capture/client_segment.hh"

namespace tcpcopy::capture {
namespace {

void report_fragments(const net::Fragments::Counters& fragments, Report& to) {
  to.total({"fragments", "packets", "that are parts of a datagram"}, fragments.taken);
  to.total({"fragments_put_together", "packets", "made of these"}, fragments.whole);
  to.total({"fragments_repeated", "packets", "that were there already"}, fragments.repeated);
  to.total({"fragments_incomplete", "packets", "of which the rest did not come"},
           fragments.given_up);
  to.total({"fragments_overlapping", "packets", "that contradict each other"},
           fragments.overlapping);
  to.total({"fragments_malformed", "packets", "that cannot be"}, fragments.malformed);
}

}  // namespace

Intake::Intake(std::unique_ptr<ClientCapture> capture, TargetRules rules)
    : capture_(std::move(capture)), rules_(std::move(rules)) {}

Intake::Outcome Intake::read_batch(Instant now, ClientSink& to) {
  return capture_->read(now, [&](const net::CapturedPacket& packet) { take(packet, now, to); });
}

void Intake::report(Report& to) {
  capture_->update_counters();
  const net::CaptureCounters& counters = capture_->counters();
  net::report(counters, to);
  to.total({"packets_own", "packets", "for a target: this process's, seen again"},
           counters.own_packets);
  to.total({"packets_cut", "packets", "that a rule wants, captured without all of their payload"},
           counters.cut_packets);
  to.total({"bytes_cut", "bytes", "of their payload, less what came again"}, counters.cut_bytes);
  to.total({"packets_damaged", "packets", "left out: their TCP checksum is wrong"},
           counters.refused_checksums);
  to.total({"packets_bad_checksum", "packets", "likewise wrong, and replayed all the same"},
           counters.bad_checksums - counters.refused_checksums);
  to.total({"packets_unread", "packets", "that could not be read though there was something"},
           counters.unread());
  report_fragments(counters.fragments, to);
}

const Endpoint* Intake::target_of(const Endpoint& destination, bool opens) {
  // What was captured once may well have gone to the target. What is captured now has not, unless
  // this process sent it.
  if (!recorded() && rules_.is_target(destination)) {
    ++counted().own_packets;
    return nullptr;
  }
  const Endpoint* target = rules_.target_of(destination);
  if (target != nullptr) {
    matched_ = true;
  } else if (recorded() && !matched_) {  // to be told at the end of the files
    unmatched_.add(destination, opens);
  }
  return target;
}

std::string Intake::what_was_there() const {
  constexpr std::size_t kShown = 8;
  if (unmatched_.packets() == 0) return fmt::format("no {} over IPv4 could be read", protocol());
  return fmt::format("{} packets went to {}", unmatched_.packets(),
                     unmatched_.most_frequent(kShown));
}

void SegmentIntake::take(const net::CapturedPacket& packet, Instant now, ClientSink& to) {
  net::CaptureCounters& counters = counted();
  const auto captured = client_segment(packet, counters);
  if (!captured) return;
  const ClientSegment& segment = captured->segment;
  const bool opens = segment.flags.syn() && !segment.flags.ack();
  const Endpoint* target = target_of(segment.destination, opens);
  if (target == nullptr) return;
  if (refuses(packet)) return;
  cut_packets_.add(segment, captured->cut, counters);
  to.on_segment(segment, *target, now);
}

// What was recorded may have been altered since, and is taken as it is.
bool SegmentIntake::refuses(const net::CapturedPacket& packet) {
  const bool wrong = has_bad_checksum(packet);
  if (wrong) ++counted().bad_checksums;
  if (recorded()) return false;
  const bool refused = checksums_.refuses(wrong);
  if (refused) {
    ++counted().refused_checksums;
  } else if (wrong && !std::exchange(told_of_checksums_, true)) {
    spdlog::warn(
        "many captured packets have a wrong TCP checksum: a device merges segments (LRO) or leaves "
        "it out; they are replayed as they are");
  }
  return refused;
}

void DatagramIntake::take(const net::CapturedPacket& packet, Instant now, ClientSink& to) {
  const auto datagram = net::parse_datagram(packet.bytes);
  if (!datagram) {
    const bool told = packet.error != net::ParseError::kNone;
    ++counted().of(told ? packet.error : datagram.error);
    return;
  }
  const Endpoint* target = target_of(datagram.value.destination, false);
  if (target != nullptr) to.on_datagram(datagram.value, *target, now);
}

}  // namespace tcpcopy::capture
