// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/options/options.hh"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "common/runtime/command_line.hh"
#include "common/runtime/errors.hh"
#include "common/runtime/host_names.hh"
#include "common/runtime/option_values.hh"
#include "common/runtime/packet_filter.hh"
#include "tcpcopy/capture/settings.hh"
#include "tcpcopy/options/refusals.hh"
#include "tcpcopy/options/rule_syntax.hh"
#include "tcpcopy/version.hh"

namespace tcpcopy::options {
namespace {

using runtime::UsageError;

// What CLI11 fills in, as text: our own parsers say more clearly what is wrong.
struct Texts {
  runtime::ProcessTexts process;
  std::string rules, intercepts, pool, loopback_as;
  std::string port = "36524", links = "2", mtu, mss = "1460", rtt, timeout = "600", idle = "86400",
              max_lag, memory = "2048";
  std::string buffer = "16", lose_captured = "0";
  std::string ignored, make_key, modules, debug_client;
  std::string copies = "1", port_group = "0", percent = "100", ramp;
  bool gradually = false;
  bool only_from_start = false, no_turn_order = false, lonely = false, million = false;
  bool disable_combined = false, dnat = false;
  WayTexts ways;
};

void declare_what(CLI::App& app, Texts& texts, Options& options) {
  const std::string group = "What is replayed, and to where";
  app.add_option("-x,--replay", texts.rules, "[onlineIP:]onlinePort-targetIP:targetPort,...")
      ->type_name("RULES")
      ->group(group);
  app.add_option("-s,--intercept", texts.intercepts, "Where intercept runs: IP[:port],...")
      ->type_name("INTERCEPTS")
      ->group(group);
  app.add_option("-c,--client-pool", texts.pool, "Clients on the target: a.b.c.x,a.b.c.d/n,...")
      ->type_name("POOL")
      ->group(group);
  app.add_option("-H,--loopback-as", texts.loopback_as, "What a client on 127.0.0.0/8 becomes")
      ->type_name("IP")
      ->group(group);
  app.add_option("-F,--filter", options.capture.filter,
                 "Capture filter, as of tcpdump [made from -x]")
      ->type_name("FILTER")
      ->group(group);
  app.add_flag("--udp", options.capture.udp, "Datagrams instead of connections, without -s")
      ->group(group);
  app.add_flag("-O,--only-from-start", texts.only_from_start,
               "Only connections whose SYN was captured")
      ->group(group);
}

void declare_how_much(CLI::App& app, Texts& texts) {
  const std::string group = "How much of it";
  app.add_option("-n,--copies", texts.copies, "Sessions for each connection of a client")
      ->type_name("N")
      ->group(group);
  app.add_option("-f,--port-group", texts.port_group, "This tcpcopy's number, where several replay")
      ->type_name("N")
      ->group(group);
  app.add_option("-r,--percent", texts.percent, "Percent of the connections")
      ->type_name("N")
      ->group(group);
  app.add_option("--ramp", texts.ramp, "Seconds in which they grow from none to -r")
      ->type_name("S")
      ->group(group);
}

void declare_how(CLI::App& app, Texts& texts) {
  const std::string group = "How it is replayed";
  app.add_flag("-W,--no-turn-order", texts.no_turn_order, "A request does not wait for its turn")
      ->group(group);
  app.add_option("-M,--mtu", texts.mtu, "MTU to the target, bytes [the route's]")
      ->type_name("BYTES")
      ->group(group);
  app.add_option("-D,--mss", texts.mss, "MSS to offer where no SYN was captured")
      ->type_name("BYTES")
      ->group(group);
  app.add_option("-R,--rtt", texts.rtt, "Round trip to imitate, ms [the client's]")
      ->type_name("MS")
      ->group(group);
  app.add_option("-t,--timeout", texts.timeout, "Seconds without progress of the target")
      ->type_name("S")
      ->group(group);
  app.add_option("-k,--idle-timeout", texts.idle, "Seconds to wait for the client")
      ->type_name("S")
      ->group(group);
  app.add_option("--max-lag", texts.max_lag, "Requests later by more seconds are left out")
      ->type_name("S")
      ->group(group);
}

void declare_modules(CLI::App& app, Texts& texts) {
  app.add_option("--module", texts.modules, "Modules of protocols, with their files")
      ->type_name("NAME:FILE,...")
      ->group("How it is replayed");
}

void declare_links(CLI::App& app, Texts& texts, Options& options) {
  const std::string group = "Links to the intercepts, and bounds";
  app.add_option("-C,--links", texts.links, "Links to each intercept, 1-11")
      ->type_name("N")
      ->group(group);
  app.add_option("-p,--port", texts.port, "Port of intercepts given without one")
      ->type_name("PORT")
      ->group(group);
  app.add_option("--key", options.returns.key_file, "File with the key of links, of --make-key")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--make-key", texts.make_key, "Alone: print a new key of this name, and end")
      ->type_name("NAME")
      ->group(group)
      ->configurable(false);
  app.add_flag("--disable-combined", texts.disable_combined, "As an old intercept has it")
      ->group(group);
  app.add_flag("--with-resp-payload", options.returns.mode.with_payload,
               "The first bytes of responses, too")
      ->group(group);
  app.add_flag("--single", options.returns.single, "The only tcpcopy: announces nothing")
      ->group(group);
  app.add_flag("--exit-on-link-loss", options.exit_on_link_loss, "End when the last link is lost")
      ->group(group);
  app.add_option("-m,--memory", texts.memory, "MB to take at most; then sessions are shed")
      ->type_name("MB")
      ->group(group);
  app.add_option("-B,--capture-buffer", texts.buffer, "MB of the kernel's buffer for capture")
      ->type_name("MB")
      ->group(group);
}

void declare_unlisted(CLI::App& app, Texts& texts) {
  app.add_option("--lose-captured", texts.lose_captured, "For tests")->group("");
  app.add_flag("-g,--gradually", texts.gradually, "The same as --ramp 100")->group("");
  const std::string old;  // accepted from 1.x, without effect: docs/options.in lists them
  app.add_flag("-L,--lonely", texts.lonely, "Stay without intercepts: now the default")->group(old);
  app.add_option("-U", texts.ignored, "Session pool size")->group(old);
  app.add_flag("--million", texts.million, "Many connections")->group(old);
  app.add_flag("--dnat", texts.dnat, "Address translation: intercept does it")->group(old);
}

int number(const char* what, const std::string& text, std::uint64_t low, std::uint64_t high) {
  return static_cast<int>(runtime::parse_number(what, text, low, high));
}

void interpret_settings(const Texts& texts, Options& options) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  session::Settings& settings = options.settings;
  constexpr std::uint64_t kDay = 86400;
  settings.turn_order = !texts.no_turn_order;
  settings.only_from_start = texts.only_from_start;
  settings.made_up_mss = static_cast<std::uint16_t>(number("-D", texts.mss, 88, 65495));
  settings.session_timeout = seconds(number("-t", texts.timeout, 1, kDay));
  settings.idle_timeout = seconds(number("-k", texts.idle, 1, kDay));
  if (!texts.max_lag.empty()) {
    const std::chrono::duration<double> lag(runtime::parse_real(
        "--max-lag", texts.max_lag, 0.001, kDay, "a number of seconds from 0.001 to 86400"));
    settings.max_lag = std::chrono::duration_cast<Duration>(lag);
  }
  if (!texts.rtt.empty()) settings.rtt = milliseconds(number("-R", texts.rtt, 0, 10'000));
  if (!texts.mtu.empty()) {
    options.mtu = static_cast<std::uint16_t>(number("-M", texts.mtu, 128, 65535));
  }
  settings.max_memory = runtime::parse_number("-m", texts.memory, 16, 1U << 20U) << 20U;
  settings.copies = static_cast<std::uint16_t>(number("-n", texts.copies, 1, 1023));
  settings.port_group = static_cast<std::uint16_t>(number("-f", texts.port_group, 0, 1023));
  settings.percent = static_cast<std::uint8_t>(number("-r", texts.percent, 1, 100));
  if (texts.gradually && !texts.ramp.empty()) {
    throw UsageError("-g and --ramp: give one of them; -g is --ramp 100");
  }
  if (texts.gradually) settings.ramp = seconds(100);
  if (!texts.ramp.empty()) settings.ramp = seconds(number("--ramp", texts.ramp, 1, kDay));
}

// Responses come from intercepts or from devices of this host.
void interpret_intercepts(const Texts& texts, const HostParser& host, Options& options) {
  if (options.capture.udp) {
    if (!options.returns.devices.empty()) {
      throw UsageError("--udp and --responses: no response to a datagram is needed; leave it out");
    }
    if (!texts.intercepts.empty()) options.notes.emplace_back("--udp: -s has no effect");
    return;
  }
  if (texts.intercepts.empty() && options.returns.devices.empty()) {
    throw UsageError(
        "-s is missing: where does intercept run? "
        "For example: tcpcopy -x 80-10.0.0.30:8080 -s 10.0.0.40");
  }
  if (!texts.intercepts.empty() && !options.returns.devices.empty()) {
    throw UsageError("-s and --responses: give one of them; responses come only once");
  }
  const std::uint16_t port = runtime::parse_port("-p", texts.port);
  if (!texts.intercepts.empty()) {
    options.returns.intercepts = parse_intercepts(texts.intercepts, port, host);
  }
}

void interpret_modules(const Texts& texts, Options& options) {
  if (texts.modules.empty()) return;
  for (const std::string_view one : runtime::split(texts.modules, ',')) {
    const std::size_t colon = one.find(':');
    options.modules.push_back({std::string(one.substr(0, colon)), {}});
    if (colon != std::string_view::npos) options.modules.back().file = one.substr(colon + 1);
  }
  options.returns.wants_payload = true;
}

Endpoint parse_client(std::string_view text) {
  const std::size_t colon = text.find(':');
  Endpoint client{runtime::parse_address("--debug-client", text.substr(0, colon)), 0};
  if (colon != std::string_view::npos) {
    client.port = runtime::parse_port("--debug-client", text.substr(colon + 1));
  }
  return client;
}

void check_filter(const Options& options) {
  if (options.capture.filter.empty()) return;
  if (options.capture.way == capture::Settings::Way::kRaw) {
    runtime::check_raw_filter("-F", options.capture.filter);
  } else {
    runtime::check_filter("-F", options.capture.filter);
  }
}

void interpret_pool(const Texts& texts, Options& options) {
  options.client_pool = parse_client_pool(texts.pool, options.rules);
  const std::vector<Address> given = parse_client_pool(texts.pool, {});
  std::set<Address> left_out;
  for (const TargetRule& rule : options.rules) {
    const Address& address = rule.target.address;
    if (std::find(given.begin(), given.end(), address) == given.end()) continue;
    if (!left_out.insert(address).second) continue;
    options.notes.push_back(
        fmt::format("-c contains {}, a target's address: it is left out", address.to_string()));
  }
}

void refuse_idle_macs(const Options& options) {
  if (options.send.way == inject::Settings::Way::kDevice) return;
  for (const TargetRule& rule : options.rules) {
    if (!rule.source_mac && !rule.next_hop_mac) continue;
    throw UsageError("-x: an address behind @ has no effect without --send link: leave it out");
  }
}

void interpret(const Texts& texts, Options& options) {
  if (!texts.make_key.empty()) {
    throw UsageError("--make-key stands alone, with the name: tcpcopy --make-key web-1");
  }
  if (texts.rules.empty()) {
    throw UsageError(
        "-x is missing: which port is replayed to which target? "
        "For example: tcpcopy -x 80-10.0.0.30:8080 -s 10.0.0.40");
  }
  runtime::HostNames names;
  const HostParser host = [&](std::string_view what, std::string_view text) {
    return names.one(what, text);
  };
  options.rules = parse_rules(texts.rules, host);
  options.returns.devices = interpret_responses(texts.ways);
  interpret_intercepts(texts, host, options);
  options.capture = interpret_capture(texts.ways, options.capture);
  if (options.capture.way == capture::Settings::Way::kFile) {
    options.fail_below = interpret_fail_below(texts.ways);
  }
  options.send = interpret_send(texts.ways);
  refuse_idle_macs(options);
  if (texts.lonely && options.exit_on_link_loss) {
    throw UsageError("-L and --exit-on-link-loss: give one of them");
  }
  if (!texts.pool.empty()) interpret_pool(texts, options);
  if (!texts.loopback_as.empty()) {
    options.loopback_as = runtime::parse_address("-H", texts.loopback_as);
  }
  options.returns.links_per_intercept = number("-C", texts.links, 1, 11);
  options.capture.buffer_bytes = number("-B", texts.buffer, 1, 2047) << 20;
  runtime::interpret_process(texts.process, "tcpcopy", names, options);
  options.hosts = names.told();
  options.capture.lost = static_cast<std::uint32_t>(
      number("--lose-captured", texts.lose_captured, 0, capture::kLoseOutOf));
  options.returns.mode.combined = !texts.disable_combined;
  interpret_settings(texts, options);
  interpret_modules(texts, options);
  if (!texts.debug_client.empty()) options.debug_client = parse_client(texts.debug_client);
  if (!texts.ignored.empty()) options.notes.emplace_back("-U has no effect in this version");
  if (texts.dnat) {
    options.notes.emplace_back("--dnat has no effect here: give the addresses to intercept, -D");
  }
  if (texts.million) options.notes.emplace_back("--million has no effect: it is not needed");
  check_filter(options);
  if (options.capture.way != capture::Settings::Way::kFile) refuse_loops(options);
}

// @param side `src` or `dst`: packets of the targets, or for them.
std::string any_target(const Options& options, std::string_view side) {
  std::string text;
  for (const TargetRule& rule : options.rules) {
    text += fmt::format("{0}({1} host {2} and {1} port {3})", text.empty() ? "" : " or ", side,
                        rule.target.address.to_string(), rule.target.port);
  }
  return text;
}

}  // namespace

std::optional<Options> parse(int argc, const char* const* argv) {
  Options options;
  Texts texts;
  CLI::App app("Plays the connections of live clients towards a target server.", "tcpcopy");
  app.option_defaults()->always_capture_default();
  declare_what(app, texts, options);
  declare_how_much(app, texts);
  declare_ways(app, texts.ways);
  declare_how(app, texts);
  declare_modules(app, texts);
  declare_links(app, texts, options);
  runtime::declare_process(app, options, texts.process);
  app.add_option("--trace", options.trace_file, "Write all packets to this pcapng file")
      ->type_name("FILE")
      ->group(runtime::kProcessGroup);
  app.add_option("--debug-client", texts.debug_client, "Log the sessions of this client: IP[:port]")
      ->type_name("CLIENT")
      ->group(runtime::kProcessGroup);
  app.add_flag("--live", options.live, "Show what happens, on this terminal")
      ->group(runtime::kProcessGroup);
  app.add_flag("--check", options.check, "Look at the way there and back; replay nothing")
      ->group(runtime::kProcessGroup);
  app.add_flag("--json", options.json, "What --check finds, an object a line")
      ->group(runtime::kProcessGroup);
  declare_unlisted(app, texts);
  const auto interpret_all = [&] {
    interpret(texts, options);
    refuse_without_effect(app, options);
  };
  if (!runtime::parse_command_line(app, argc, argv, interpret_all)) return std::nullopt;
  options.configuration = app.config_to_str(true, false);
  return options;
}

bool any_loopback_target(const Options& options) {
  return std::any_of(options.rules.begin(), options.rules.end(),
                     [](const auto& rule) { return rule.target.address.is_loopback(); });
}

std::string describe_capture(const Options& options) {
  const std::string sources = fmt::format("{}", fmt::join(options.capture.sources, ", "));
  switch (options.capture.way) {
    case capture::Settings::Way::kRaw:
      return "capture filter: " + capture_filter(options);
    case capture::Settings::Way::kPcap:
      return fmt::format("capture on {}, filter: {}", sources, capture_filter(options));
    case capture::Settings::Way::kFile:
      break;
  }
  return "files: " + sources;
}

std::string response_filter(const Options& options) {
  return fmt::format("tcp and ({})", any_target(options, "src"));
}

std::string capture_filter(const Options& options) {
  if (!options.capture.filter.empty()) return options.capture.filter;
  std::string wanted;
  for (const TargetRule& rule : options.rules) {
    if (!wanted.empty()) wanted += " or ";
    const std::string port = fmt::format("dst port {}", rule.online_port);
    wanted += rule.online_address
                  ? fmt::format("(dst host {} and {})", rule.online_address->to_string(), port)
                  : port;
  }
  const char* only_loopback = any_loopback_target(options) ? " and src net 127.0.0.0/8" : "";
  // What this process sends, and what it brings about, would look like clients' packets where a
  // target has the port of an online server, or a client that of one.
  const std::string not_ours = options.capture.way == capture::Settings::Way::kPcap
                                   ? fmt::format(" and not ({} or {})", any_target(options, "dst"),
                                                 any_target(options, "src"))
                                   : "";
  return fmt::format("{} and ({}){}{}", options.capture.udp ? "udp" : "tcp", wanted, only_loopback,
                     not_ours);
}

}  // namespace tcpcopy::options
