// SPDX-License-Identifier: BSD-3-Clause
// The modules that there are, by name, and those that were chosen.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tcpcopy/module.hh"
#include "tcpcopy/modules/settings.hh"

namespace tcpcopy::modules {

/// What `--module help` prints.
std::string catalogue();

/// A module with the ports that it is for, as clients know them; none: all.
struct Opened {
  std::unique_ptr<Module> module;
  std::vector<std::uint16_t> ports;

  bool is_for(std::uint16_t online_port) const;
};

/// Reads their files. Throws UsageError.
std::vector<Opened> open_modules(const std::vector<Chosen>& chosen);

}  // namespace tcpcopy::modules
