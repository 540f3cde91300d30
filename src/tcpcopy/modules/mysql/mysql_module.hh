// SPDX-License-Identifier: BSD-3-Clause
// MySQL and MariaDB: a login answers the target's own challenge, statements have the target's ids,
// and what a session has set up is said again where it goes on with a new connection. Its file:
//
//   user = NAME:PASSWORD            # one a line
//   join = NAME:DATABASE            # who a session is that was joined behind its login
//   skip-grant-tables = true        # the target asks nobody for a password
#pragma once

#include <memory>

#include "tcpcopy/module.hh"
#include "tcpcopy/modules/module_file.hh"

namespace tcpcopy::modules::mysql {

/// Throws UsageError.
std::unique_ptr<Module> open_module(const ModuleFile& file);

}  // namespace tcpcopy::modules::mysql
