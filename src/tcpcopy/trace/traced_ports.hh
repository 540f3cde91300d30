// SPDX-License-Identifier: BSD-3-Clause
// The three ports of a replay, with a trace in front of each: captured, injected, returned.
#pragma once

#include <memory>
#include <utility>

#include "tcpcopy/capture/capture_around.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/trace/packet_trace.hh"

namespace tcpcopy::trace {

class TracedCapture : public capture::CaptureAround {
 public:
  /// @param trace outlives it, as in the others.
  TracedCapture(std::unique_ptr<capture::ClientCapture> inner, PacketTrace& trace)
      : CaptureAround(std::move(inner)), trace_(trace) {}

 protected:
  bool lets_pass(const net::CapturedPacket& packet) override {
    trace_.captured(packet.bytes);
    return true;
  }

 private:
  PacketTrace& trace_;
};

class TracedSink : public PacketSink, public DatagramSink {
 public:
  struct Next {
    PacketSink& packets;
    DatagramSink& datagrams;
  };

  TracedSink(const Next& next, PacketTrace& trace) : next_(next), trace_(trace) {}

  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override {
    trace_.injected(segment, payload);
    next_.packets.send(segment, payload);
  }
  void send_datagram(const Datagram& datagram) override {
    trace_.injected(datagram);
    next_.datagrams.send_datagram(datagram);
  }

 private:
  Next next_;
  PacketTrace& trace_;
};

class TracedResponses : public ResponseSink {
 public:
  TracedResponses(ResponseSink& next, PacketTrace& trace) : next_(next), trace_(trace) {}

  void on_response(const Response& response, Instant now) override {
    trace_.returned(response);
    next_.on_response(response, now);
  }

 private:
  ResponseSink& next_;
  PacketTrace& trace_;
};

}  // namespace tcpcopy::trace
