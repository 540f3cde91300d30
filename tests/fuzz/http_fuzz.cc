// SPDX-License-Identifier: BSD-3-Clause
// Requests for metrics, from anybody: pieces do not matter, what was said is not taken back, and
// what is refused is so whatever follows.
#include <optional>
#include <string>
#include <string_view>

#include "common/metrics/http_exchange.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;

bool same(const metrics::Verdict& a, const metrics::Verdict& b) {
  return a.status == b.status && a.head_only == b.head_only;
}

void look(std::string_view bytes) {
  std::optional<metrics::Verdict> first;
  const std::size_t step = bytes.size() / 64 + 1;
  for (std::size_t length = 0; length <= bytes.size(); length += step) {
    const auto verdict = metrics::judge(bytes.substr(0, length));
    require(!first || (verdict && same(*first, *verdict)), "more bytes changed what was said");
    first = verdict;
  }
  const auto verdict = metrics::judge(bytes);
  require(verdict || bytes.size() < metrics::kMaxRequest, "a head has no end");
  if (!verdict) return;
  const std::string answer = metrics::answer(*verdict, "page\n");
  require(answer.starts_with("HTTP/1.1 "), "no answer");
  require(answer.ends_with("\r\n\r\n") == verdict->head_only, "a body where none is wanted");
  if (verdict->status == metrics::Status::kOk)
    require(bytes.find("/metrics") != std::string_view::npos, "nobody asked for the page");
}

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const void* const bytes = data;
  tcpcopy::look({static_cast<const char*>(bytes), size});
  return 0;
}
