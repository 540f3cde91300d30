// SPDX-License-Identifier: BSD-3-Clause
// The host of the intercept: the router, between the target's packets and the channels.
#pragma once

#include <map>

#include "intercept/route/router.hh"
#include "tests/sim/channel.hh"
#include "tests/sim/stage.hh"

namespace tcpcopy::sim {

class Assistant : public Channel::AssistantEnd, private route::MessageSink {
 public:
  explicit Assistant(Stage& stage);

  /// A packet of the target was captured here.
  void on_packet(const Packet& packet);

  // What channels do.
  route::LinkId open(Channel& channel) override;
  void close(route::LinkId link) override;
  void on_route(const route::Announcer& from, const FlowKey& flow) override;
  void end_wake_up() override;

 private:
  void deliver(route::LinkId link, const wire::CapturedHeaders& response) override;
  Channel* channel_of(route::LinkId link);

  Stage& stage_;
  route::Router router_;
  std::map<route::LinkId, Channel*> links_;
  route::LinkId last_link_ = route::kNoLink;
};

}  // namespace tcpcopy::sim
