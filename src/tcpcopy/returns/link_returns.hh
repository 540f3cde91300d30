// SPDX-License-Identifier: BSD-3-Clause
// Responses that intercepts bring over links.
#pragma once

#include "tcpcopy/returns/intercept_links.hh"
#include "tcpcopy/returns/response_coalescing.hh"
#include "tcpcopy/returns/returns.hh"

namespace tcpcopy::returns {

class LinkReturns : public Returns {
 public:
  LinkReturns(runtime::EventLoop& loop, const Settings& settings);

  void start(ResponseSink& to) override;
  void bring_to(ResponseSink& to) override { to_ = &to; }
  bool reachable() const override { return links_.any_connected(); }
  bool announce(const FlowKey& flow) override { return links_.announce(flow); }
  void flush() override { links_.flush(); }
  News news() override;
  void end_wake_up(absl::FunctionRef<Standing()> standing, Instant now) override {
    coalescing_.end_wake_up(standing, now);
  }
  Instant deadline() const override { return coalescing_.deadline(); }
  void ask(const FlowKey& flow) override { links_.ask(flow); }
  std::vector<Told> told(const FlowKey& flow) const override { return links_.told(flow); }
  void read_key(const std::string& file) override { links_.read_key(file); }
  std::string describe() const override;
  void report(Report& to) const override;

 private:
  ResponseSink* to_ = nullptr;
  bool changed_ = false;
  bool was_connected_ = false;
  InterceptLinks links_;
  ResponseCoalescing coalescing_{links_};
};

}  // namespace tcpcopy::returns
