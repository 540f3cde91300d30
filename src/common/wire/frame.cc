// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/frame.hh"

#include <algorithm>

#include "common/net/bytes.hh"

namespace tcpcopy::wire {
namespace {

constexpr std::size_t kCountSize = 2;

}  // namespace

FrameEncoder::FrameEncoder(FrameMode mode, std::size_t max_records)
    : mode_(mode),
      max_records_(max_records == 0 ? mode.max_records()
                                    : std::min(max_records, mode.max_records())) {}

std::span<std::byte> FrameEncoder::append_record() {
  if (mode_.combined) {
    if (in_frame_ == 0 || in_frame_ == max_records_) {
      count_at_ = bytes_.size();
      bytes_.resize(bytes_.size() + kCountSize);
      in_frame_ = 0;
    }
    ++in_frame_;
    net::store_be16(&bytes_[count_at_], static_cast<std::uint16_t>(in_frame_));
  }
  ++records_;
  bytes_.resize(bytes_.size() + mode_.record_size());
  return std::span(bytes_).last(mode_.record_size());
}

void FrameEncoder::add(const CapturedHeaders& response) {
  encode_response(response, append_record());
}

void FrameEncoder::clear() {
  bytes_.clear();
  in_frame_ = 0;
  records_ = 0;
}

FrameDecoder::FrameDecoder(FrameMode mode) : mode_(mode) { partial_.reserve(kPayloadRecordSize); }

bool FrameDecoder::read_count(Bytes& bytes) {
  while (partial_.size() < kCountSize && !bytes.empty()) {
    partial_.push_back(bytes.front());
    bytes = bytes.subspan(1);
  }
  if (partial_.size() < kCountSize) return false;
  const std::uint16_t count = net::load_be16(partial_.data());
  partial_.clear();
  if (count == 0 || count > mode_.max_records()) {
    bad_count_ = count;
    return false;
  }
  records_left_ = count;
  return true;
}

// Without counts there is one number that can stand where a record begins, and begins none.
// @return whether a record, or nothing yet, stands there.
bool FrameDecoder::begins_record(Bytes& bytes) {
  if (partial_.size() > 1) return true;
  if (partial_.size() + bytes.size() < kCountSize) return true;
  const std::byte first = partial_.empty() ? bytes[0] : partial_[0];
  const std::byte second = bytes[partial_.empty() ? 1 : 0];
  if (first != std::byte{0xff} || second != std::byte{0xff}) return true;
  bytes = bytes.subspan(kCountSize - partial_.size());
  bad_count_ = 0xffff;
  return false;
}

std::optional<Bytes> FrameDecoder::next(Bytes& bytes) {
  if (bad_count_) return std::nullopt;
  const std::size_t size = mode_.record_size();
  if (partial_.size() == size) partial_.clear();  // the record given last time
  if (mode_.combined && records_left_ == 0 && !read_count(bytes)) return std::nullopt;

  if (!mode_.combined && !begins_record(bytes)) return std::nullopt;

  Bytes record;
  if (partial_.empty() && bytes.size() >= size) {  // whole in the input: no copy
    record = bytes.first(size);
    bytes = bytes.subspan(size);
  } else {
    const std::size_t taken = std::min(bytes.size(), size - partial_.size());
    partial_.insert(partial_.end(), bytes.begin(),
                    bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    if (partial_.size() < size) return std::nullopt;
    record = partial_;
  }
  if (mode_.combined) --records_left_;
  return record;
}

}  // namespace tcpcopy::wire
