// SPDX-License-Identifier: BSD-3-Clause
// Sends segments to targets at the link layer, past this host's firewall, connection tracking and
// queueing disciplines.
//
// Consecutive data segments of a connection leave as one frame where the device can cut them again
// (TCP segmentation offload); elsewhere each is a frame of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/net/segment_run.hh"
#include "common/runtime/unique_fd.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/inject/device_way.hh"
#include "tcpcopy/inject/injector.hh"
#include "tcpcopy/inject/settings.hh"
#include "tcpcopy/rules.hh"

namespace tcpcopy::inject {

class DeviceInjector : public Injector {
 public:
  /// Looks routes and neighbours up, for up to a second.
  /// Throws UsageError when the way to a target cannot be found, SystemError when the capability is
  /// missing.
  DeviceInjector(const Settings& settings, const std::vector<TargetRule>& rules);
  ~DeviceInjector() override;
  DeviceInjector(const DeviceInjector&) = delete;
  DeviceInjector& operator=(const DeviceInjector&) = delete;
  DeviceInjector(DeviceInjector&&) = delete;
  DeviceInjector& operator=(DeviceInjector&&) = delete;

  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override;
  void send_packet(Bytes packet, const Address& destination) override;
  bool full() const override;
  void flush() override;
  void refresh() override;

 private:
  struct Batch;

  const DeviceWay* way_to(const Address& target) const;
  std::span<std::byte> begin_frame(const DeviceWay& way, std::size_t room);
  void end_frame(std::size_t packet_size, const net::SegmentRun& run);
  void add_to_run(std::span<const Bytes> payload);
  void prepare(std::size_t index);

  runtime::UniqueFd fd_;
  std::vector<DeviceWay> ways_;
  std::unique_ptr<Batch> batch_;
  std::uint16_t identification_ = 1;
};

}  // namespace tcpcopy::inject
