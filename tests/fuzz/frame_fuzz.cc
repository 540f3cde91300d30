// SPDX-License-Identifier: BSD-3-Clause
// What intercept says to tcpcopy. Input: the mode, a seed for the pieces, then the bytes of a link.
#include <optional>
#include <vector>

#include "common/net/bytes.hh"
#include "common/wire/frame.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;
using wire::FrameMode;
using Record = std::vector<std::byte>;

struct Decoded {
  std::vector<Record> records;
  std::optional<std::uint16_t> bad_count;
  friend bool operator==(const Decoded&, const Decoded&) = default;
};

// The definition of the format, over a stream that is there as a whole.
Decoded read_plainly(Bytes stream, FrameMode mode) {
  Decoded decoded;
  const std::size_t size = mode.record_size();
  std::size_t records_left = mode.combined ? 0 : SIZE_MAX;
  while (true) {
    if (records_left == 0) {
      if (stream.size() < 2) return decoded;
      const std::uint16_t count = net::load_be16(stream.data());
      stream = stream.subspan(2);
      if (count == 0 || count > mode.max_records()) {
        decoded.bad_count = count;
        return decoded;
      }
      records_left = count;
    }
    // Without counts no record begins with this: it is a greeting of version 7.
    constexpr std::uint16_t kNoCount = 0xffff;
    if (!mode.combined && stream.size() >= 2 && net::load_be16(stream.data()) == kNoCount) {
      decoded.bad_count = kNoCount;
      return decoded;
    }
    if (stream.size() < size) return decoded;
    decoded.records.emplace_back(stream.begin(),
                                 stream.begin() + static_cast<std::ptrdiff_t>(size));
    stream = stream.subspan(size);
    --records_left;
  }
}

void take(wire::FrameDecoder& decoder, Bytes piece, FrameMode mode, Decoded& decoded) {
  while (const auto record = decoder.next(piece)) {
    require(record->size() == mode.record_size(), "a record has the size of a record");
    decoded.records.emplace_back(record->begin(), record->end());
  }
  require(piece.empty() || decoder.bad_count(), "the decoder takes all that it is given");
}

Decoded decode(Bytes stream, FrameMode mode, std::optional<std::uint8_t> seed) {
  Decoded decoded;
  wire::FrameDecoder decoder(mode);
  if (seed) {
    for (fuzz::Pieces pieces(stream, *seed); !pieces.empty() && !decoder.bad_count();)
      take(decoder, pieces.next(), mode, decoded);
  } else {
    take(decoder, stream, mode, decoded);
  }
  decoded.bad_count = decoder.bad_count();
  return decoded;
}

// What has to be encoded for a record of these very bytes.
wire::CapturedHeaders headers_in(Bytes record) {
  const Bytes payload = record.subspan(wire::kHeaderRecordSize);
  return {record.first(20), record.subspan(20, 44), payload,
          static_cast<std::uint32_t>(payload.size())};
}

void check(Bytes stream, FrameMode mode, std::uint8_t seed) {
  Decoded expected = read_plainly(stream, mode);
  require(decode(stream, mode, std::nullopt) == expected, "a link in one piece");
  require(decode(stream, mode, seed) == expected, "a link in pieces");

  wire::FrameEncoder encoder(mode, seed % (mode.max_records() + 1));
  for (Record& record : expected.records) {
    record[3] |= std::byte{1};  // a total length of 0 would be mended
    encoder.add(headers_in(record));
  }
  require(decode(encoder.bytes(), mode, seed) == Decoded{expected.records, std::nullopt},
          "records that were encoded decode to the same");
}

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tcpcopy::fuzz::Input input(data, size);
  const std::uint8_t mode = input.byte();
  const std::uint8_t seed = input.byte();
  tcpcopy::check(input.rest(), {(mode & 1U) == 0, (mode & 2U) != 0}, seed);
  return 0;
}
