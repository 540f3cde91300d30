// SPDX-License-Identifier: BSD-3-Clause
// How response records stand on a link (control channel version 6): combined, as a 16-bit count and
// that many records, or one by one without a count. Both ends must be started in the same mode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/wire/response_record.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::wire {

struct FrameMode {
  bool combined = true;
  bool with_payload = false;

  std::size_t record_size() const { return with_payload ? kPayloadRecordSize : kHeaderRecordSize; }
  /// What a 1.x reader takes at most in one frame.
  std::size_t max_records() const { return with_payload ? 6 : 16; }
};

/// Collects records into frames.
class FrameEncoder {
 public:
  /// @param max_records in one frame; at most mode.max_records(), which 0 stands for.
  explicit FrameEncoder(FrameMode mode, std::size_t max_records = 0);

  void add(const CapturedHeaders& response);

  bool empty() const { return bytes_.empty(); }

  /// The frames since the last clear(): whole ones, each to be written in one piece.
  Bytes bytes() const { return bytes_; }
  /// The records in them.
  std::size_t records() const { return records_; }
  void clear();

 private:
  std::span<std::byte> append_record();

  FrameMode mode_;
  std::size_t max_records_;
  std::vector<std::byte> bytes_;
  std::size_t count_at_ = 0;  // where the count of the open frame stands
  std::size_t in_frame_ = 0;  // records in the open frame
  std::size_t records_ = 0;   // in all
};

/// Takes the bytes of a link in any number of pieces and gives whole records.
class FrameDecoder {
 public:
  explicit FrameDecoder(FrameMode mode);

  /// Takes bytes for at most one record and removes from `bytes` what it took.
  /// @return a record, valid until the next call or the end of `bytes`; nothing when all bytes
  ///   were taken before one was complete, or after a failure.
  std::optional<Bytes> next(Bytes& bytes);

  /// The count of a frame that is 0 or above the maximum: the link cannot be read any more. Without
  /// counts, 0xffff where a record should begin.
  std::optional<std::uint16_t> bad_count() const { return bad_count_; }

 private:
  bool read_count(Bytes& bytes);
  bool begins_record(Bytes& bytes);

  FrameMode mode_;
  std::vector<std::byte> partial_;
  std::size_t records_left_ = 0;  // in the current frame
  std::optional<std::uint16_t> bad_count_;
};

}  // namespace tcpcopy::wire
