// SPDX-License-Identifier: BSD-3-Clause
// A UDP datagram as values.
#pragma once

#include "tcpcopy/address.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy {

struct Datagram {
  Endpoint source;
  Endpoint destination;
  Bytes payload;  ///< a view: it does not outlive the call that brings the datagram
};

/// Where datagrams for the target go. Behind it: src/tcpcopy/inject.
class DatagramSink {
 public:
  virtual ~DatagramSink() = default;

  /// Takes one datagram; the implementation may send it later, in order, within the same wake-up.
  virtual void send_datagram(const Datagram& datagram) = 0;
};

}  // namespace tcpcopy
