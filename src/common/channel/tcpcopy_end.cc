// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/tcpcopy_end.hh"

#include <utility>

namespace tcpcopy::channel {

TcpcopyEnd::TcpcopyEnd(wire::FrameMode mode) : codec_(mode) {
  codec_.encode(wire::Hello{wire::kVersion}, unsent_);
}

void TcpcopyEnd::on_bytes(Bytes bytes, Instant /*now*/, OnResponse on_response) {
  while (const auto headers = codec_.decode(bytes))
    on_response(wire::to_response(*headers));
  if (auto fault = codec_.fault()) over_ = {EndReason::kGarbage, std::move(*fault)};
}

bool TcpcopyEnd::add_route(const FlowKey& flow) {
  if (unsent().size() >= kMaxUnsent) return false;
  codec_.encode(wire::AddRoute{flow}, unsent_);
  return true;
}

void TcpcopyEnd::on_sent(std::size_t size, Instant /*now*/) {
  sent_ += size;
  if (sent_ < unsent_.size()) return;
  unsent_.clear();
  sent_ = 0;
}

}  // namespace tcpcopy::channel
