// SPDX-License-Identifier: BSD-3-Clause
// Sends segments to targets through a raw IP socket, in batches.
//
// libnet opens and owns the socket; the batch goes through its descriptor with one sendmmsg.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "tcpcopy/inject/injector.hh"

namespace tcpcopy::inject {

class RawInjector : public Injector {
 public:
  /// Throws SystemError, which says how to grant CAP_NET_RAW when that is missing.
  RawInjector();
  ~RawInjector() override;
  RawInjector(const RawInjector&) = delete;
  RawInjector& operator=(const RawInjector&) = delete;
  RawInjector(RawInjector&&) = delete;
  RawInjector& operator=(RawInjector&&) = delete;

  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override;
  void send_packet(Bytes packet, const Address& destination) override;
  bool full() const override;
  void flush() override;

 private:
  struct Batch;

  std::span<std::byte> reserve(std::size_t room);
  void commit(std::size_t size, const Address& destination);
  struct CloseLibnet {
    void operator()(void* context) const;
  };

  std::unique_ptr<void, CloseLibnet> libnet_;
  std::unique_ptr<Batch> batch_;
  int fd_ = -1;
  std::uint16_t identification_ = 1;
};

}  // namespace tcpcopy::inject
