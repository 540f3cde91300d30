// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/screen/history.hh"

namespace tcpcopy::screen {

double Span::rate(std::string_view figure) const {
  if (time_ <= Duration(0)) return 0;
  return static_cast<double>(grown(figure)) / std::chrono::duration<double>(time_).count();
}

void History::add(const Report& report, Instant now) {
  moments_.push_back({now, report});
  // The second one must be too young before the first can be let go.
  while (moments_.size() > kKept || (moments_.size() > 2 && now - moments_[1].at >= kLonger))
    moments_.pop_front();
}

Span History::last() const {
  return since(moments_.size() > 1 ? moments_[moments_.size() - 2] : moments_.back());
}

Span History::longer() const { return since(moments_.front()); }

}  // namespace tcpcopy::screen
