// SPDX-License-Identifier: BSD-3-Clause
// pcapng files for tests, in either byte order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::test {

inline ByteVector operator+(ByteVector front, const ByteVector& back) {
  append(front, back);
  return front;
}

class PcapngBytes {
 public:
  explicit PcapngBytes(bool big_endian) : big_endian_(big_endian) { section(); }

  void section(unsigned version = 1) {
    ByteVector body = u32(0x1a2b3c4d) + u16(version) + u16(0) + u32(0xffffffff) + u32(0xffffffff);
    block(0x0a0d0d0a, body);
  }
  void interface(unsigned link_type, const ByteVector& options = {}, std::uint32_t snap = 0) {
    block(1, u16(link_type) + u16(0) + u32(snap) + options);
  }
  ByteVector option(unsigned code, const ByteVector& value) const {
    return u16(code) + u16(static_cast<unsigned>(value.size())) + padded(value);
  }
  ByteVector resolution(unsigned value) const { return option(9, bytes({value})) + option(0, {}); }
  ByteVector offset(std::uint64_t seconds) const {
    const ByteVector high = u32(static_cast<std::uint32_t>(seconds >> 32U));
    const ByteVector low = u32(static_cast<std::uint32_t>(seconds & 0xffffffffU));
    return option(14, big_endian_ ? high + low : low + high);
  }
  void enhanced(std::uint32_t interface, std::uint64_t time, const ByteVector& frame,
                std::uint32_t more = 0) {
    block(6, u32(interface) + times(time) + lengths(frame, more) + padded(frame));
  }
  void old(unsigned interface, std::uint64_t time, const ByteVector& frame) {
    block(2, u16(interface) + u16(0xffff) + times(time) + lengths(frame, 0) + padded(frame));
  }
  void simple(const ByteVector& frame, std::uint32_t length) {
    block(3, u32(length) + padded(frame));
  }
  void block(std::uint32_t type, const ByteVector& body) {
    const auto length = static_cast<std::uint32_t>(12 + body.size());
    append(file, u32(type));
    append(file, u32(length));
    append(file, body);
    append(file, u32(length));
  }

  ByteVector u16(unsigned value) const {
    ByteVector two;
    append16(two, value);
    return ordered(two);
  }
  ByteVector u32(std::uint32_t value) const {
    ByteVector four;
    append32(four, value);
    return ordered(four);
  }

  ByteVector file;

 private:
  static ByteVector padded(ByteVector bytes) {
    bytes.resize((bytes.size() + 3) / 4 * 4);
    return bytes;
  }
  ByteVector ordered(ByteVector bytes) const {
    return big_endian_ ? bytes : ByteVector(bytes.rbegin(), bytes.rend());
  }
  ByteVector times(std::uint64_t time) const {
    return u32(static_cast<std::uint32_t>(time >> 32U)) +
           u32(static_cast<std::uint32_t>(time & 0xffffffffU));
  }
  ByteVector lengths(const ByteVector& frame, std::uint32_t more) const {
    const auto captured = static_cast<std::uint32_t>(frame.size());
    return u32(captured) + u32(captured + more);
  }

  bool big_endian_;
};

}  // namespace tcpcopy::test
