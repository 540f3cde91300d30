// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace tcpcopy {

/// The version of both daemons.
inline constexpr const char* kProgramVersion = "2.0.0";

}  // namespace tcpcopy
