// SPDX-License-Identifier: BSD-3-Clause
// What a wake-up's responses cost on a link, with and without a key, at either end. Iterations are
// fixed, so that instructions can be counted:
//
//   valgrind --tool=callgrind bench_pure --benchmark_filter=link_writes/key:1/responses:8
#include <benchmark/benchmark.h>

#include <optional>
#include <vector>

#include "common/channel/intercept_end.hh"
#include "common/channel/tcpcopy_end.hh"
#include "common/keys/tls_session.hh"
#include "common/net/packet_writer.hh"
#include "tests/bench/flows.hh"

namespace tcpcopy::bench {
namespace {

constexpr int kWakeUps = 20'000;

std::vector<std::byte> response_bytes() {
  ReplaySegment segment;  // only the direction tells it from a response
  segment.source = flow(1).server;
  segment.destination = flow(1).client;
  segment.flags = {TcpFlags::kAck};
  segment.options.timestamps = {1, 2};
  std::vector<std::byte> bytes(net::kMaxHeaders);
  bytes.resize(net::write_packet(segment, {}, 1, bytes));
  return bytes;
}

// Both ends of a link, which have greeted each other.
class Link {
 public:
  explicit Link(bool with_key) {
    if (with_key) {
      client_.emplace(keys::TlsSession::client(keys_.front()));
      server_.emplace(keys::TlsSession::server(keys_));
    }
    for (int i = 0; i < 4; ++i) {
      move(to_tcpcopy());
      up();
    }
  }

  void respond(std::int64_t count) {
    for (; count > 0; --count)
      intercept_.add(wire::headers_of(response_));
  }

  /// What intercept has to write. Valid until the next call.
  Bytes to_tcpcopy() {
    written_.clear();
    for (Bytes piece = next(server_, intercept_); !piece.empty();
         piece = next(server_, intercept_)) {
      written_.insert(written_.end(), piece.begin(), piece.end());
      keys::on_written(server_, intercept_, piece.size(), kNow);
    }
    intercept_.settle(kNow, 1 << 20);
    return written_;
  }

  void move(Bytes bytes) {
    const auto take = [&](Bytes plain) {
      tcpcopy_.on_bytes(plain, kNow, [](const net::Parsed<Response>& response) {
        benchmark::DoNotOptimize(response.value.seq);
      });
    };
    client_ ? client_->on_bytes(bytes, take) : take(bytes);
  }

 private:
  template <typename End>
  static Bytes next(std::optional<keys::TlsSession>& session, End& end) {
    return keys::next_to_write(session, end, kNow);
  }

  void up() {
    for (Bytes piece = next(client_, tcpcopy_); !piece.empty(); piece = next(client_, tcpcopy_)) {
      const auto take = [&](Bytes plain) {
        intercept_.on_bytes(plain, kNow, [](const wire::Message&) {});
      };
      server_ ? server_->on_bytes(piece, take) : take(piece);
      keys::on_written(client_, tcpcopy_, piece.size(), kNow);
    }
  }

  static constexpr Instant kNow{std::chrono::hours(1)};
  std::vector<std::byte> packet_ = response_bytes();
  net::TcpPacket response_ = net::parse_tcp_packet(packet_, net::Extent::kHeaders).value;
  std::vector<keys::Key> keys_{{"bench", {1, 2, 3}}};
  std::optional<keys::TlsSession> client_;
  std::optional<keys::TlsSession> server_;
  channel::TcpcopyEnd tcpcopy_{{}, kNow};
  channel::InterceptEnd intercept_{{}, kNow};
  std::vector<std::byte> written_;
};

void link_writes(benchmark::State& state) {
  Link link(state.range(0) != 0);
  for (auto _ : state) {
    link.respond(state.range(1));
    benchmark::DoNotOptimize(link.to_tcpcopy().data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
}
BENCHMARK(link_writes)
    ->ArgNames({"key", "responses"})
    ->ArgsProduct({{0, 1}, {1, 8, 64}})
    ->Iterations(kWakeUps);

void link_writes_and_reads(benchmark::State& state) {
  Link link(state.range(0) != 0);
  for (auto _ : state) {
    link.respond(state.range(1));
    link.move(link.to_tcpcopy());
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
}
BENCHMARK(link_writes_and_reads)
    ->ArgNames({"key", "responses"})
    ->ArgsProduct({{0, 1}, {1, 8, 64}})
    ->Iterations(kWakeUps);

}  // namespace
}  // namespace tcpcopy::bench
