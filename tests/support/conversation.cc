// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/conversation.hh"

#include <gtest/gtest.h>

#include <sstream>

namespace tcpcopy::test {
namespace {

const Endpoint kClient{Address::v4(0x0a4d000a), 40000};
const Endpoint kOnline{Address::v4(0x0a4d0014), 80};
const Endpoint kTarget{Address::v4(0x0a4d001e), 8080};

constexpr std::pair<char, std::uint8_t> kLetters[] = {{'S', TcpFlags::kSyn}, {'F', TcpFlags::kFin},
                                                      {'R', TcpFlags::kRst}, {'P', TcpFlags::kPsh},
                                                      {'A', TcpFlags::kAck}, {'U', TcpFlags::kUrg}};

std::uint8_t bits_of(const std::string& letters) {
  std::uint8_t bits = 0;
  for (const auto& [letter, bit] : kLetters) {
    if (letters.find(letter) != std::string::npos) bits |= bit;
  }
  return bits;
}

std::string letters_of(TcpFlags flags) {
  std::string letters;
  for (const auto& [letter, bit] : kLetters) {
    if ((flags.bits & bit) != 0) letters += letter;
  }
  return letters;
}

std::uint32_t number(std::uint32_t initial, std::int64_t relative) {
  return initial + static_cast<std::uint32_t>(relative);
}
std::int64_t relative(std::uint32_t initial, std::uint32_t number) {
  return static_cast<std::int32_t>(number - initial);
}

template <typename SegmentType>
SegmentType segment_of(const Step& step, std::uint32_t seq_initial, std::uint32_t ack_initial) {
  SegmentType segment;
  segment.seq = decltype(segment.seq)(number(seq_initial, step.seq_at));
  segment.ack = decltype(segment.ack)(step.ack_at < 0 ? 0 : number(ack_initial, step.ack_at));
  segment.flags = {bits_of(step.flags)};
  segment.window = static_cast<std::uint16_t>(step.window_field < 0 ? 65535 : step.window_field);
  segment.urgent = step.urgent;
  segment.options = step.options;
  segment.payload_length = step.bytes;
  for (const auto& [begin, end] : step.sack_ranges) {
    segment.sacks[segment.sack_count++] = {decltype(segment.ack)(number(ack_initial, begin)),
                                           decltype(segment.ack)(number(ack_initial, end))};
  }
  return segment;
}

std::string difference(const Step& wanted, const Step& got) {
  std::string what;
  const auto differs = [&](bool is_different, const char* name) {
    if (is_different) what += std::string(what.empty() ? "" : ", ") + name;
  };
  const auto without_push = [](std::uint8_t bits) { return bits & ~TcpFlags::kPsh; };
  const bool push_matters = wanted.flags.find('P') != std::string::npos;
  differs(push_matters ? bits_of(wanted.flags) != bits_of(got.flags)
                       : without_push(bits_of(wanted.flags)) != without_push(bits_of(got.flags)),
          "flags");
  differs(wanted.seq_at != got.seq_at, "seq");
  differs(wanted.ack_at >= 0 && wanted.ack_at != got.ack_at, "ack");
  differs(wanted.bytes != got.bytes, "len");
  differs(wanted.urgent != got.urgent, "urgent pointer");
  differs(wanted.window_field >= 0 && wanted.window_field != got.window_field, "win");
  differs(wanted.check_options && !(wanted.options == got.options), "options");
  differs(!wanted.sack_ranges.empty() && wanted.sack_ranges != got.sack_ranges, "sack");
  return what;
}

}  // namespace

std::string Step::to_string() const {
  std::ostringstream out;
  out << flags << " seq " << seq_at;
  if (ack_at >= 0) out << " ack " << ack_at;
  if (bytes > 0) out << " len " << bytes;
  if (urgent > 0) out << " urg " << urgent;
  if (window_field >= 0) out << " win " << window_field;
  if (options.mss) out << " mss " << *options.mss;
  if (options.window_scale) out << " wscale " << int{*options.window_scale};
  if (options.sack_permitted) out << " sackOK";
  if (options.timestamps)
    out << " ts " << options.timestamps->value << '/' << options.timestamps->echo;
  for (const auto& [begin, end] : sack_ranges)
    out << " sack " << begin << '-' << end;
  return out.str();
}

Conversation::Conversation(Numbers numbers, session::Settings settings, std::vector<Address> pool,
                           const char* file, int line)
    : Conversation(numbers, settings, std::move(pool), session::TargetModules(), file, line) {}

Conversation::Conversation(Numbers numbers, Module& module, session::Settings settings,
                           const char* file, int line)
    : Conversation(numbers, settings, {}, {{kTarget, &module}}, file, line) {}

Conversation::Conversation(Numbers numbers, session::Settings settings, std::vector<Address> pool,
                           const session::TargetModules& modules, const char* file, int line)
    : file_(file),
      line_(line),
      numbers_(numbers),
      engine_(settings, TargetRules({{std::nullopt, kOnline.port, kTarget}}),
              session::SourceAddresses(std::move(pool), std::nullopt), now_, {*this, *this},
              modules),
      client_(kClient),
      last_source_(kClient) {}

Conversation::~Conversation() {
  expect_nothing(file_, line_);
  if (!ledger().balanced()) fail("the ledger does not balance", file_, line_);
}

std::string Conversation::at_time(const std::string& text) const {
  std::ostringstream out;
  out.precision(3);
  out << std::fixed << std::chrono::duration<double>(now_.time_since_epoch()).count() - 1000.0
      << " s  " << text;
  return out.str();
}

void Conversation::client(const Step& step) {
  note(at_time("client  > " + step.to_string()));
  auto segment = segment_of<ClientSegment>(step, numbers_.client, numbers_.online);
  std::vector<std::byte> payload;
  for (std::uint32_t i = 0; i < step.bytes; ++i) {
    payload.push_back(step.text.empty() ? pattern(step.seq_at + i)
                                        : static_cast<std::byte>(step.text[i]));
  }
  segment.source = client_;
  segment.destination = kOnline;
  segment.payload = payload;
  engine_.on_segment(segment, now_);
  finish_input();
}

void Conversation::target(const Step& step) {
  note(at_time("target  > " + step.to_string()));
  auto segment = segment_of<Response>(step, numbers_.target, replay_initial());
  std::vector<std::byte> payload;
  for (const char c : step.text)
    payload.push_back(static_cast<std::byte>(c));
  segment.payload = payload;
  segment.source = kTarget;
  segment.destination = last_source_;
  segment.way_back = step.way_back;
  engine_.on_response(segment, now_);
  finish_input();
}

void Conversation::finish_input() {
  if (!in_wake_up_) engine_.on_deadline(now_);
}

void Conversation::end_wake_up() {
  in_wake_up_ = false;
  finish_input();
}

void Conversation::wait(Duration duration) {
  note(at_time("wait " + std::to_string(duration / 1ms) + " ms"));
  const Instant until = now_ + duration;
  for (Instant next = engine_.next_deadline(); next <= until; next = engine_.next_deadline()) {
    now_ = std::max(now_, next);
    engine_.on_deadline(now_);
  }
  now_ = until;
  engine_.on_deadline(now_);
}

void Conversation::restore_links() {
  note(at_time("links restored"));
  routes_up_ = true;
  engine_.on_path_restored(now_);
  finish_input();
}

void Conversation::send(const ReplaySegment& segment, std::span<const Bytes> payload) {
  last_source_ = segment.source;
  Step step;
  step.flags = letters_of(segment.flags);
  step.seq_at = relative(replay_initial(), segment.seq.raw);
  if (segment.flags.ack()) step.ack_at = relative(numbers_.target, segment.ack.raw);
  step.bytes = segment.payload_length;
  step.urgent = segment.urgent;
  step.window_field = segment.window;
  step.options = segment.options;
  for (std::size_t i = 0; i < segment.sack_count; ++i) {
    step.sack_ranges.emplace_back(relative(numbers_.target, segment.sacks[i].begin.raw),
                                  relative(numbers_.target, segment.sacks[i].end.raw));
  }
  for (const Bytes piece : payload) {
    for (const std::byte byte : piece)
      step.text += static_cast<char>(byte);
  }
  note(at_time("replay  < " + step.to_string()));
  EXPECT_EQ(step.text.size(), segment.payload_length);
  sent_.push_back(step);
}

bool Conversation::announce(const FlowKey&) {
  if (routes_up_) ++routes_added_;
  return routes_up_;
}

void Conversation::fail(const std::string& what, const char* file, int line) {
  if (std::exchange(failed_, true)) return;  // the first tells; the rest follows from it
  std::ostringstream out;
  out << what << "\nThe conversation so far:\n";
  for (const std::string& step : history_)
    out << "  " << step << '\n';
  GTEST_MESSAGE_AT_(file, line, out.str().c_str(), ::testing::TestPartResult::kNonFatalFailure);
}

void Conversation::expect(const Step& wanted, const char* file, int line) {
  if (sent_.empty()) {
    fail("nothing was sent; expected " + wanted.to_string(), file, line);
    return;
  }
  const Step got = sent_.front();
  sent_.pop_front();
  if (const std::string what = difference(wanted, got); !what.empty()) {
    fail(
        "expected " + wanted.to_string() + "\nbut got  " + got.to_string() + "\ndifferent: " + what,
        file, line);
    return;
  }
  for (std::uint32_t i = 0; i < got.bytes; ++i) {
    const auto byte = static_cast<std::byte>(got.text[i]);
    const bool right =
        wanted.text.empty() ? byte == pattern(got.seq_at + i) : got.text[i] == wanted.text[i];
    if (!right) {
      fail("wrong byte at " + std::to_string(got.seq_at + i), file, line);
      return;
    }
  }
}

void Conversation::expect_reconnect(std::int64_t position, const char* file, int line) {
  if (sent_.empty() || sent_.front().flags != "S") {
    fail("expected a SYN of a new connection", file, line);
    return;
  }
  const std::int64_t shift = sent_.front().seq_at - (position - 1);
  sent_.pop_front();
  replay_shift_ += static_cast<std::uint32_t>(shift);
  for (Step& step : sent_)
    step.seq_at -= shift;
}

void Conversation::pass_over(std::int64_t position) {
  for (const Step& step : std::exchange(sent_, {})) {
    if (step.flags == "S") {
      replay_shift_ += static_cast<std::uint32_t>(step.seq_at - (position - 1));
    }
  }
}

void Conversation::expect_nothing(const char* file, int line) {
  if (!sent_.empty()) fail("expected nothing, but got " + sent_.front().to_string(), file, line);
}

void Conversation::expect_ended(const char* file, int line) {
  expect_nothing(file, line);
  if (engine_.sessions() != 0) fail("the session has not ended", file, line);
  if (engine_.timers() != 0) fail("a timer is left", file, line);
  if (!ledger().balanced()) fail("the ledger does not balance", file, line);
  if (ledger().held.bytes != 0) fail("bytes are still held", file, line);
}

void Conversation::shake_hands(const TcpOptions& options, const TcpOptions& target_options,
                               int target_window) {
  client(seg("S").seq(0).opts(options));
  expect(seg("S").seq(0));
  target(seg("SA").seq(0).ack(1).opts(target_options).win(target_window));
  client(seg("A").seq(1).ack(1));
  expect(seg("A").seq(1).ack(1));
  expect_nothing();
}

}  // namespace tcpcopy::test
