// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/probe/diagnosis.hh"

#include <utility>

namespace tcpcopy::probe {
namespace {

using namespace findings;
using How = Connected::How;
using Answer = SynProbe::Answer;

// `0.4 ms`
std::string milliseconds(Duration time) {
  const auto tenths = (time + std::chrono::microseconds(50)) / std::chrono::microseconds(100);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

std::string port_of(const Endpoint& endpoint) { return std::to_string(endpoint.port); }

// P0: as any program would.
Finding judge_target(const Way& way) {
  Finding finding{
      Verdict::kFail, way.target.to_string() + " accepts a connection of this host", "", {}, ""};
  const std::string host = way.target.address.to_string();
  switch (way.normal.how) {
    case How::kAccepted:
    case How::kClosed:
      finding.verdict = Verdict::kPass;
      finding.detail = "in " + milliseconds(way.normal.took);
      if (way.normal.how == How::kClosed) finding.detail += ", and closes it at once";
      break;
    case How::kRefused:
      finding.detail = "it is refused";
      finding.code = kTargetNotListening;
      finding.mend = "on the target: start the server; ss -ltn 'sport = :" + port_of(way.target) +
                     "' shows whether it listens, and on which address";
      break;
    case How::kTimeout:
      // Where clients keep their addresses the target's route may take this answer away as well.
      finding.detail = "no answer in time";
      finding.code = kTargetUnreachable;
      finding.mend = "on the target: nft list ruleset (does it drop " + port_of(way.target) +
                     "?); on this host: ping " + host;
      break;
    case How::kUnreachable:
      finding.detail = "no route, or no such host";
      finding.code = kTargetUnreachable;
      finding.mend = "on this host: ip route get " + host + "; ip neigh show " + host;
      break;
  }
  return finding;
}

Finding judge_leaving(const Way& way) {
  const std::string source = way.client.client.address.to_string();
  Finding finding{Verdict::kFail, "a SYN from " + source + " leaves this host", "", {}, ""};
  const std::string match =
      "ip daddr " + way.target.address.to_string() + " tcp dport " + port_of(way.target);
  if (way.refused) {
    finding.detail = "the kernel refuses it: " + *way.refused;
    finding.code = kOutputRefused;
    finding.mend = "on this host: nft list ruleset (an output rule drops " + match + ")";
  } else if (!way.leaving_is_seen) {
    finding.verdict = Verdict::kSkip;
    finding.detail = "what leaves cannot be watched";
  } else if (!way.probed.left_as) {
    finding.detail = "the kernel took it, and it was not seen to leave";
    finding.code = kOutputRefused;
    finding.mend = "on this host: nft list ruleset; tc -s qdisc show; ip neigh show " +
                   way.target.address.to_string();
  } else if (*way.probed.left_as != way.client.client.address) {
    finding.detail =
        "it leaves as " + way.probed.left_as->to_string() + ": a rule of this host translates it";
    finding.code = kSourceTranslated;
    finding.mend =
        "on this host: nft add table ip tcpcopy; nft 'add chain ip tcpcopy untracked { type filter "
        "hook output priority raw; }'; nft add rule ip tcpcopy untracked " +
        match + " notrack";
  } else {
    finding.verdict = Verdict::kPass;
  }
  return finding;
}

std::string assistant_of(const Way& way) {
  return way.intercept ? "the assistant, " + way.intercept->to_string() : "the assistant";
}

// What came to the assistant's host and was not captured there, or could not be.
bool filter_misses(const std::optional<Sight>& sight) {
  if (!sight || sight->captured > 0) return false;
  return sight->came.value_or(0) > 0 || sight->takes == false;
}

Finding filter_missed(const Way& way, Finding finding) {
  const bool filter = way.sight->takes == false;
  finding.detail +=
      filter ? "; intercept's -F does not take it" : "; intercept does not capture it";
  if (way.sight->came.value_or(0) > 0) finding.detail += ", and it comes to that host";
  finding.code = kFilterMisses;
  finding.mend = "on the assistant: intercept ";
  if (!filter) finding.mend += "-i any ";  // it comes at a device that -i does not name
  finding.mend += "-F 'tcp and src host " + way.target.address.to_string() + " and src port " +
                  port_of(way.target) + "'";
  return finding;
}

// Whether neither answer came to a host that would have seen it.
bool comes_nowhere(const Way& way) {
  const auto none = [](const std::optional<Sight>& sight) { return sight && sight->came == 0U; };
  return none(way.sight) && none(way.sight_from_intercept);
}

// P1, with what P2 tells, and intercept.
Finding judge_answer(const Way& way) {
  const std::string client = way.client.client.address.to_string();
  const std::string port = port_of(way.target);
  Finding finding{Verdict::kFail, "the target's answer to " + client + " comes here", "", {}, ""};
  switch (way.probed.answer) {
    case Answer::kSynAck:
      finding.verdict = Verdict::kPass;
      finding.detail = "in " + milliseconds(way.probed.took);
      return finding;
    case Answer::kReset:
      finding.detail = "it comes, and is a reset, though this host's own connection was accepted";
      finding.code = kTargetRefusesClients;
      finding.mend = "on the target: nft list ruleset (who rejects " + way.clients + "?)";
      return finding;
    case Answer::kNone:
      break;
  }
  finding.detail = "no SYN-ACK in " + std::to_string(SynProbe::kTries) + " tries";
  if (filter_misses(way.sight)) return filter_missed(way, finding);
  const bool elsewhere = way.from_intercept && way.from_intercept->answer != Answer::kNone;
  if (elsewhere) {
    finding.detail += "; with " + way.intercept->to_string() + " as source it came in " +
                      milliseconds(way.from_intercept->took);
    finding.code = kRouteMissing;
    finding.mend = "on the target: ip route replace " + way.clients + " via " +
                   way.intercept->to_string() + "; sysctl -w net.ipv4.conf.all.rp_filter=2";
    return finding;
  }
  if (way.from_intercept)
    finding.detail += ", nor with " + way.intercept->to_string() + " as source";
  finding.code = kNothingComesBack;
  if (comes_nowhere(way)) {
    finding.detail += "; and nothing of it comes to " + assistant_of(way) +
                      ", at any device: what has a foreign source address is dropped on the way";
    finding.mend =
        "take addresses for -c that belong to this network; on the target: tcpdump -ni "
        "any 'tcp port " +
        port + " and host " + client + "' shows no SYN";
    return finding;
  }
  finding.mend =
      "on the assistant: intercept --check with the options of the real run; on the "
      "target: tcpdump -ni any 'tcp port " +
      port + " and host " + client + "' shows whether the SYN arrives";
  return finding;
}

// P4.
Finding judge_holding(const Way& way) {
  Finding finding{Verdict::kPass, "the connection holds", "", {}, ""};
  if (!way.probed.reset_when_acknowledged) return finding;
  finding.verdict = Verdict::kFail;
  if (way.normal.how == How::kClosed) {
    finding.detail = "it is reset, and this host's own is closed at once: the server does that";
    finding.code = kTargetCloses;
    finding.mend = "on the target: its server's log says why; whom does it let in?";
    return finding;
  }
  finding.detail = "somebody has reset it: the answer went on, to a router or to a host that has " +
                   way.client.client.address.to_string() + ", which nobody may have";
  finding.code = kAnswersLeak;
  finding.mend = "on the assistant: sysctl -w net.ipv4.ip_forward=0";
  if (way.sight && way.sight->forwards == true) {
    finding.code = kForwards;
    finding.detail = "somebody has reset it: " + assistant_of(way) + ", forwards the answers";
  } else if (way.sight && way.sight->forwards == false) {
    finding.detail += "; the assistant does not forward";
    finding.mend = "on a host of the assistant's network: ip address del " +
                   way.client.client.address.to_string() + "/32 dev DEVICE, where it has that";
  }
  return finding;
}

}  // namespace

Finding skipped(std::string hop) {
  return {Verdict::kSkip, std::move(hop), "what stands before it has to pass first", {}, ""};
}

std::vector<Finding> diagnose(const Way& way) {
  std::vector<Finding> findings;
  bool broken = false;
  for (const auto judge : {judge_target, judge_leaving, judge_answer, judge_holding}) {
    Finding finding = judge(way);
    if (broken) finding = skipped(finding.hop);
    broken = broken || finding.verdict == Verdict::kFail;
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<std::string> looks_at_target(const Way& way) {
  const std::string client = way.client.client.address.to_string();
  const std::string port = port_of(way.target);
  return {"ip route get " + client,
          "ss -ltn 'sport = :" + port + "'",
          "sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.default.rp_filter",
          "nstat -az TcpExtIPReversePathFilter TcpExtListenOverflows TcpExtTCPReqQFullDrop",
          "nft list ruleset || iptables-save",
          "timeout 10 tcpdump -nc 20 -i any 'tcp port " + port + " and host " + client + "'"};
}

Finding judge_intercept(const Endpoint& intercept, const Connected& link) {
  Finding finding{
      Verdict::kFail, "intercept " + intercept.to_string() + " takes a link", "", {}, ""};
  const std::string port = port_of(intercept);
  switch (link.how) {
    case How::kAccepted:
      finding.verdict = Verdict::kPass;
      finding.detail = "in " + milliseconds(link.took);
      break;
    case How::kRefused:
      finding.detail = "it is refused";
      finding.code = kInterceptRefuses;
      finding.mend = "on the assistant: start intercept; ss -ltn 'sport = :" + port +
                     "' shows whether it listens, and on which address";
      break;
    case How::kClosed:
      finding.detail = "it is accepted, and closed at once";
      finding.code = kInterceptCloses;
      finding.mend = "on the assistant: intercept's log says why; --allow has to name this host";
      break;
    case How::kTimeout:
    case How::kUnreachable:
      finding.detail =
          link.how == How::kTimeout ? "no answer in time" : "no route, or no such host";
      finding.code = kInterceptUnreachable;
      finding.mend = "on this host: ip route get " + intercept.address.to_string() +
                     "; on the assistant: nft list ruleset (does it drop port " + port + "?)";
      break;
  }
  return finding;
}

}  // namespace tcpcopy::probe
