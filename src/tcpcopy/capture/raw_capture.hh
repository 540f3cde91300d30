// SPDX-License-Identifier: BSD-3-Clause
// Captures the packets of clients on the online server with a raw IP socket.
//
// Such a socket sees what the host receives and nothing that it sends, behind the kernel's
// reassembly of fragments and its GRO. The filter runs in the kernel. What the kernel knows of a
// packet's checksum it does not tell such a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/runtime/unique_fd.hh"
#include "tcpcopy/capture/client_capture.hh"
#include "tcpcopy/capture/settings.hh"

namespace tcpcopy::capture {

class RawCapture : public ClientCapture {
 public:
  /// @param filter which packets, in libpcap's language.
  /// Throws SystemError, which says how to grant CAP_NET_RAW when that is missing, or UsageError
  /// when the filter is refused.
  RawCapture(const Settings& settings, const std::string& filter);
  ~RawCapture() override;
  RawCapture(const RawCapture&) = delete;
  RawCapture& operator=(const RawCapture&) = delete;
  RawCapture(RawCapture&&) = delete;
  RawCapture& operator=(RawCapture&&) = delete;

  std::vector<int> descriptors() const override { return {fd_.get()}; }
  Outcome read(Instant now, Take take) override;

 private:
  struct Batch;

  std::size_t receive();
  net::CapturedPacket received(std::size_t index) const;

  runtime::UniqueFd fd_;
  std::unique_ptr<Batch> batch_;
};

}  // namespace tcpcopy::capture
