// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/ledger_report.hh"

namespace tcpcopy::session {
namespace {

void report_sessions(const Ledger& ledger, Report& to) {
  to.total({"sessions_opened", "sessions", "= completed + live + lost"}, ledger.sessions_opened);
  to.total({"sessions_completed", "sessions", "all was acknowledged, and both sides are done"},
           ledger.sessions_completed);
  to.now({"sessions_live", "sessions", "there are now"}, ledger.sessions_live);
  to.now({"ledgers_unbalanced", "", "1 when the sums do not hold: a bug"},
         ledger.balanced() ? 0 : 1);
}

void report_accounts(const Ledger& ledger, Report& to) {
  to.total({"packets_captured", "packets", "of clients, that matched a rule"},
           ledger.captured.packets);
  to.total({"packets_control", "packets", "of these, without payload"}, ledger.control_packets);
  to.total({"packets_with_payload", "packets", "of these, the others"},
           ledger.captured.packets - ledger.control_packets);
  to.total({"packets_delivered", "packets", "acknowledged by the target"},
           ledger.delivered.packets);
  to.total({"packets_duplicate", "packets", "captured before"}, ledger.duplicate.packets);
  to.now({"packets_held", "packets", "wait to be sent, or for the target's ack"},
         ledger.held.packets);
  to.total({"bytes_captured", "bytes", "= delivered + duplicate + held + lost"},
           ledger.captured.bytes);
  to.total({"bytes_delivered", "bytes", "acknowledged by the target"}, ledger.delivered.bytes);
  to.total({"bytes_duplicate", "bytes", "captured before: the client had sent them again"},
           ledger.duplicate.bytes);
  to.now({"bytes_held", "bytes", "wait to be sent, or for the target's ack"}, ledger.held.bytes);
}

void report_losses(const Ledger& ledger, Report& to) {
  for (std::size_t i = 0; i < kLossReasons; ++i) {
    const std::string_view reason = to_string(static_cast<LossReason>(i));
    to.total({"packets_lost", "packets", "not delivered", "reason"}, ledger.lost[i].packets,
             reason);
    to.total({"bytes_lost", "bytes", "not delivered", "reason"}, ledger.lost[i].bytes, reason);
    to.total({"sessions_lost", "sessions", "ended otherwise than completed", "reason"},
             ledger.sessions_lost[i], reason);
  }
  for (std::size_t i = 0; i < kRefusals; ++i) {
    to.total({"packets_disbelieved", "packets", "of targets and clients, refused", "reason"},
             ledger.refused[i], to_string(static_cast<Refusal>(i)));
  }
}

void report_sending(const Ledger& ledger, Report& to) {
  to.total({"connections", "connections", "handshakes completed with the target"},
           ledger.connections);
  to.total({"connections_reset", "connections", "of these, reset by the target"}, ledger.resets);
  to.total({"reconnects", "connections", "further ones of sessions that had one"},
           ledger.reconnects);
  to.total({"sessions_joined", "sessions", "of which the SYN was not seen"}, ledger.joined);
  to.total({"sessions_on_other_ports", "sessions", "that could not keep their client's port"},
           ledger.ports_changed);
  to.total({"segments_sent", "packets", "for the target"}, ledger.segments_sent);
  to.total({"bytes_sent", "bytes", "of payload in these, repetitions included"}, ledger.bytes_sent);
  to.total({"syns_sent", "packets", "of these, SYNs, repetitions included"}, ledger.syns_sent);
  to.total({"segments_retransmitted", "packets", "of these, data or FIN sent again"},
           ledger.retransmissions);
}

void report_answers(const Ledger& ledger, Report& to) {
  to.total({"responses", "packets", "of the target, that found their session"}, ledger.responses);
  to.total({"response_bytes", "bytes", "of payload in these"}, ledger.response_bytes);
  to.total({"responses_unknown", "packets", "of the target, without a session"},
           ledger.responses_unknown);
  to.total({"turns_sent", "turns", "requests of clients, or what came in one go"},
           ledger.turns_sent);
  to.total({"turns_ended_by_quiet", "turns", "answered with another length than online"},
           ledger.turn_quiets);
  to.total({"turns_expired", "turns", "not answered in time"}, ledger.turn_expiries);
  to.total({"module_bytes_written", "bytes", "of modules, that went to targets"},
           ledger.module_inserted);
  to.total({"module_bytes_left_out", "bytes", "of clients, in whose place these are, or nothing"},
           ledger.module_left_out);
  to.spread({"lag", "seconds", "from the capture of a byte to its first sending"}, ledger.lag);
  to.spread({"target_answer", "seconds", "from what was sent to what the target says to it"},
            ledger.answer);
}

}  // namespace

void report(const Ledger& ledger, Report& to) {
  report_sessions(ledger, to);
  report_accounts(ledger, to);
  report_losses(ledger, to);
  report_sending(ledger, to);
  report_answers(ledger, to);
}

}  // namespace tcpcopy::session
