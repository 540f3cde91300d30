// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/options/options.hh"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "common/runtime/command_line.hh"
#include "common/runtime/errors.hh"
#include "common/runtime/host_names.hh"
#include "common/runtime/option_values.hh"
#include "common/runtime/packet_filter.hh"

namespace tcpcopy::intercept_options {
namespace {

struct Texts {
  runtime::ProcessTexts process;
  std::string devices = "any", port = "36524", address = "0.0.0.0", max_records = "0";
  std::string allow, translations, ignored;
  bool disable_combined = false, dnat = false, million = false;
};

void declare(CLI::App& app, Texts& texts, InterceptOptions& options) {
  const std::string what = "What is captured";
  app.add_option("-i,--device", texts.devices, "Devices, separated by commas")
      ->type_name("DEVICES")
      ->group(what);
  app.add_option("-F,--filter", options.filter, "Responses, as 'tcp and src port 8080'")
      ->type_name("FILTER")
      ->group(what);
  app.add_option("-D,--translate", texts.translations, "Responses to a are for client b: a-b,...")
      ->type_name("PAIRS")
      ->group(what);
  const std::string links = "Links from tcpcopy";
  app.add_option("-p,--port", texts.port, "Port to listen on")->type_name("PORT")->group(links);
  app.add_option("-b,--bind", texts.address, "Address to listen on")->type_name("IP")->group(links);
  app.add_option("--allow", texts.allow, "Who may connect: IP,a.b.c.d/n,... [all]")
      ->type_name("NETWORKS")
      ->group(links);
  app.add_option("--key", options.key_file, "File with the keys of tcpcopies, one a line")
      ->type_name("FILE")
      ->group(links);
  app.add_flag("--allow-plain", options.allow_plain, "With --key: links without one, too")
      ->group(links);
  app.add_option("-n,--max-records", texts.max_records, "Responses in a frame, at most; 0: all")
      ->type_name("N")
      ->group(links);
  app.add_flag("--disable-combined", texts.disable_combined, "One by one, to a tcpcopy of 1.x")
      ->group(links);
  app.add_flag("--with-resp-payload", options.mode.with_payload,
               "Their first bytes too, to a tcpcopy of 1.x")
      ->group(links);
  app.add_flag("--single", options.single, "For one tcpcopy of 1.x, started likewise")
      ->group(links);
  app.add_flag("-c,--protect", options.protect, "--single: refuse a later tcpcopy")->group(links);
  runtime::declare_process(app, options, texts.process);
  app.add_flag("--check", options.check, "Look at this host, and what comes to it")
      ->group(runtime::kProcessGroup);
  app.add_flag("--json", options.json, "What --check finds, an object a line")
      ->group(runtime::kProcessGroup);
  const std::string old = runtime::kWithoutEffectGroup;
  app.add_option("-s", texts.ignored, "Hash size")->group(old);
  app.add_flag("--million", texts.million, "Many connections")->group(old);
  app.add_flag("--dnat", texts.dnat, "Address translation: -D says it all")->group(old);
}

std::vector<net::Network> parse_networks(std::string_view text, runtime::HostNames& names) {
  std::vector<net::Network> networks;
  for (const std::string_view part : runtime::split_list(text)) {
    if (runtime::is_host_name(part)) {
      for (const Address& address : names.all("--allow", part))
        networks.push_back(net::Network::parse(address.to_string()).value());
      continue;
    }
    const auto network = net::Network::parse(part);
    if (!network) {
      throw runtime::UsageError(fmt::format(
          "--allow: '{}' is neither an IPv4 address nor a network such as 10.0.0.0/8, nor a host",
          part));
    }
    networks.push_back(*network);
  }
  return networks;
}

std::vector<route::AddressPair> parse_translations(std::string_view text) {
  std::vector<route::AddressPair> pairs;
  for (const std::string_view part : runtime::split_list(text)) {
    const std::size_t dash = part.find('-');
    if (dash == std::string_view::npos) {
      throw runtime::UsageError(
          fmt::format("-D: '{}' is no pair of addresses such as 192.168.0.1-10.0.0.1", part));
    }
    const route::AddressPair pair{runtime::parse_address("-D", part.substr(0, dash)),
                                  runtime::parse_address("-D", part.substr(dash + 1))};
    for (const route::AddressPair& other : pairs) {
      if (other.from == pair.from) {
        throw runtime::UsageError(fmt::format("-D: {} is translated twice", pair.from.to_string()));
      }
    }
    pairs.push_back(pair);
  }
  return pairs;
}

void interpret(const Texts& texts, InterceptOptions& options) {
  if (options.filter.empty()) {
    throw runtime::UsageError(
        "-F is missing: which packets are responses of the target? "
        "For example: intercept -i eth0 -F 'tcp and src port 8080'");
  }
  runtime::check_filter("-F", options.filter);
  for (const std::string_view device : runtime::split_list(texts.devices)) {
    options.devices.emplace_back(device);
  }
  options.listen = {runtime::parse_address("-b", texts.address),
                    runtime::parse_port("-p", texts.port)};
  options.max_records = runtime::parse_number("-n", texts.max_records, 0, 16);
  options.mode.combined = !texts.disable_combined;
  runtime::HostNames names;
  options.allow = parse_networks(texts.allow, names);
  options.translations = parse_translations(texts.translations);
  if (options.allow_plain && options.key_file.empty()) {
    throw runtime::UsageError("--allow-plain has no effect without --key: leave it out");
  }
  if (options.protect && !options.single) {
    throw runtime::UsageError("-c protects the tcpcopy of --single: give both, or neither");
  }
  runtime::interpret_process(texts.process, "intercept", names, options);
  options.hosts = names.told();
  if (!texts.ignored.empty()) options.notes.emplace_back("-s has no effect in this version");
  if (texts.dnat && options.translations.empty()) {
    options.notes.emplace_back(
        "--dnat alone has no effect: the pairs of addresses are given by -D 192.168.0.1-10.0.0.1");
  }
  if (texts.million) options.notes.emplace_back("--million has no effect: it is not needed");
}

}  // namespace

std::optional<InterceptOptions> parse_intercept(int argc, const char* const* argv) {
  InterceptOptions options;
  Texts texts;
  CLI::App app("Captures the responses of a target and returns their headers to tcpcopy.",
               "intercept");
  app.option_defaults()->always_capture_default();
  declare(app, texts, options);
  const auto interpret_all = [&] {
    interpret(texts, options);
    if (!options.mode.combined)
      runtime::refuse_without_effect(app, {"-n"}, "with --disable-combined");
  };
  if (!runtime::parse_command_line(app, argc, argv, interpret_all)) return std::nullopt;
  options.configuration = app.config_to_str(true, false);
  return options;
}

std::string capture_filter(const InterceptOptions& options,
                           const std::vector<Address>& local_addresses) {
  // Exactly our own end of the control channel: a client may well have that port number too.
  std::string own;
  for (const Address& address : local_addresses) {
    own += fmt::format("{0}(src host {1} and src port {2}) or (dst host {1} and dst port {2})",
                       own.empty() ? "" : " or ", address.to_string(), options.listen.port);
  }
  if (own.empty()) return options.filter;
  // In front, because `vlan` in the user's part shifts what stands behind it.
  return fmt::format("not (tcp and ({})) and ({})", own, options.filter);
}

}  // namespace tcpcopy::intercept_options
