// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/probe/syn_probe.hh"

namespace tcpcopy::probe {

void SynProbe::send(PacketSink& packets, std::uint8_t flags, std::uint32_t after,
                    bool acknowledges) const {
  ReplaySegment segment;
  segment.source = flow_.client;
  segment.destination = flow_.server;
  segment.seq = iss_ + after;
  segment.flags = {flags};
  segment.window = UINT16_MAX;
  if (segment.flags.syn()) segment.options.mss = 1460;
  if (acknowledges) segment.ack = their_next_;
  packets.send(segment, {});
}

void SynProbe::advance(Instant now, PacketSink& packets, RouteSink& routes) {
  if (now < due_) return;
  switch (step_) {
    case Step::kAsking:
      if (tries_ == kTries) {
        // It may have been answered all the same, to somewhere else.
        send(packets, TcpFlags::kRst, 1, false);
        step_ = Step::kDone;
        break;
      }
      routes.announce(flow_);
      ++tries_;
      sent_at_ = now;
      due_ = now + kPause;
      send(packets, TcpFlags::kSyn, 0, false);
      return;
    case Step::kAnswered:
      if (acknowledges_) {
        step_ = Step::kAcknowledged;
        due_ = now + kSettle;
        send(packets, TcpFlags::kAck, 1, true);
        return;
      }
      [[fallthrough]];
    case Step::kAcknowledged:
      send(packets, TcpFlags::kRst | TcpFlags::kAck, 1, true);
      step_ = Step::kDone;
      break;
    case Step::kDone:
      break;
  }
  due_ = kNever;
}

bool SynProbe::on_response(const Response& response, Instant now) {
  if (FlowKey{response.destination, response.source} != flow_) return false;
  if (!done()) take(response, now);
  return true;
}

void SynProbe::take(const Response& response, Instant now) {
  if (step_ != Step::kAsking) {
    // Behind our ack an RST comes of a target that knows nothing of the connection any more.
    if (response.flags.rst() && step_ == Step::kAcknowledged) {
      result_.reset_when_acknowledged = true;
    }
    return;
  }
  if (!response.flags.ack() || response.ack != iss_ + 1) return;
  if (!response.flags.rst() && !response.flags.syn()) return;
  result_.took = now - sent_at_;
  if (response.flags.rst()) {
    result_.answer = Answer::kReset;
    step_ = Step::kDone;
    due_ = kNever;
    return;
  }
  result_.answer = Answer::kSynAck;
  their_next_ = response.seq + 1;
  step_ = Step::kAnswered;
  due_ = acknowledges_ ? now + kSettle : now;
}

void SynProbe::on_leaving(const Address& source, Seq<space::Replay> seq) {
  if (seq == iss_ && !result_.left_as) result_.left_as = source;
}

}  // namespace tcpcopy::probe
