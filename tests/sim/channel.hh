// SPDX-License-Identifier: BSD-3-Clause
// The links between one tcpcopy and the intercept, with the bytes that they carry: route messages
// there, frames of records back, both cut into pieces at random.
#pragma once

#include <functional>
#include <vector>

#include "common/wire/codec_v6.hh"
#include "intercept/route/router.hh"
#include "tests/sim/stage.hh"

namespace tcpcopy::sim {

class Channel : public route::MessageSink {
 public:
  /// What stands at the assistant's end.
  class AssistantEnd {
   public:
    virtual ~AssistantEnd() = default;
    /// A link of this channel was made. @return its name.
    virtual route::LinkId open(Channel& channel) = 0;
    virtual void close(route::LinkId link) = 0;
    virtual void on_route(const route::Announcer& from, const FlowKey& flow) = 0;
    /// All is read: what is to leave leaves.
    virtual void end_wake_up() = 0;
  };

  /// What stands at the engine's end.
  class EngineEnd {
   public:
    virtual ~EngineEnd() = default;
    /// Does `input`, which may call the functions below, and what belongs to the end of a wake-up.
    virtual void wake_up(const std::function<void()>& input) = 0;
    virtual void on_response(const Response& response) = 0;
    virtual void on_restored() = 0;
  };

  /// @param peer the address that the assistant sees its links come from.
  Channel(Stage& stage, AssistantEnd& assistant, const Address& peer);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Whom responses go to; before the first of them.
  void lead_to(EngineEnd& engine) { engine_ = &engine; }

  // The engine's end.
  /// @return whether a link is up.
  bool announce(const FlowKey& flow);
  void flush_announcements();

  // The assistant's end.
  void deliver(route::LinkId link, const wire::CapturedHeaders& response) override;
  void flush_responses();

  /// Breaks one link for a while; the other, if there are two, takes its routes over.
  void break_link();

 private:
  struct Link {
    explicit Link(const wire::FrameMode& mode) : tcpcopy(mode), intercept(mode, 0) {}
    route::LinkId id = route::kNoLink;  // of one that is down
    wire::TcpcopyCodecV6 tcpcopy;
    wire::InterceptCodecV6 intercept;
    std::vector<std::byte> routes_out;
  };

  Link* find(route::LinkId id);
  Link* find_for_delivery(route::LinkId id);
  void read_routes(Link& link, Bytes bytes);
  void read_frames(Link& link, Bytes bytes);
  Bytes next_piece(Bytes& rest, std::uint64_t most);

  Stage& stage_;
  AssistantEnd& assistant_;
  EngineEnd* engine_ = nullptr;
  Address peer_;
  wire::FrameMode mode_;
  std::vector<Link> links_;
  std::size_t next_link_ = 0;
};

}  // namespace tcpcopy::sim
