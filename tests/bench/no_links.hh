// SPDX-License-Identifier: BSD-3-Clause
// What stands around a router that is measured.
#pragma once

#include <cstdint>

#include "intercept/route/router.hh"

namespace tcpcopy::bench {

/// Takes every response and only counts it.
class NoLinks : public route::MessageSink {
 public:
  void deliver(route::LinkId, const wire::CapturedHeaders&) override { ++delivered_; }
  std::uint64_t delivered() const { return delivered_; }

 private:
  std::uint64_t delivered_ = 0;
};

}  // namespace tcpcopy::bench
