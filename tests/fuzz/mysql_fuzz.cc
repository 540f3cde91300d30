// SPDX-License-Identifier: BSD-3-Clause
// MySQL's module between a hostile client and a hostile target. Input: steps, each a byte that says
// whose words follow, how many of the target's are missing and whether a new connection begins; a
// length; and the words.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tcpcopy/modules/mysql/mysql_module.hh"
#include "tcpcopy/session/module/limits.hh"
#include "tcpcopy/session/module/rewriter.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;

class Conversation {
 public:
  explicit Conversation(bool joined)
      : module_(modules::mysql::open_module(modules::parse_module_file(
            "user = app:secret\nuser = none:\njoin = app:shop\n", "fuzz"))),
        rewriter_(*module_) {
    rewriter_.open(ClientOffset(0), ReplayOffset(0), !joined);
  }

  void client(Bytes said) {
    client_.insert(client_.contiguous_end(), said, {});
    advance();
  }

  void target(Bytes said, std::uint32_t missing) {
    const auto length = static_cast<std::uint32_t>(said.size()) + missing;
    rewriter_.on_answer(heard_, length, said, true, heard_ + length, Instant());
    heard_ = heard_ + length;
    advance();
  }

  void reconnect() {
    rewriter_.close();
    const ClientOffset at = client_.contiguous_end();
    client_.release_to(at);
    heard_ = TargetOffset(0);
    released_ = ReplayOffset(at.value);
    rewriter_.open(at, released_, false);
  }

 private:
  void advance() {
    if (rewriter_.failed()) return;
    rewriter_.advance(client_, client_.contiguous_end(), Instant());
    if (rewriter_.failed()) return;
    const session::Edits& edits = rewriter_.edits();
    require(edits.read() <= client_.contiguous_end(), "nothing is read that was not said");
    require(edits.to_client(edits.written()) == edits.read(), "all that was written tells all");
    require(rewriter_.memory() < 2 * session::kMostWritten, "what is kept is bounded");
    check_gathered(edits);
    rewriter_.release_to(edits.written());
  }

  // What was written is there.
  void check_gathered(const session::Edits& edits) {
    std::array<Bytes, 4096> pieces;
    const std::int64_t length = edits.written() - released_;
    const auto gathered =
        edits.gather(client_, released_, static_cast<std::uint32_t>(length), pieces);
    require(gathered.pieces == pieces.size() || gathered.length == length, "all is there");
    released_ = edits.written();
  }

  std::unique_ptr<Module> module_;
  session::Rewriter rewriter_;
  session::ClientStream client_;
  TargetOffset heard_;
  ReplayOffset released_;
};

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpcopy;
  fuzz::Input input(data, size);
  Conversation talk((input.byte() & 1U) != 0);
  while (!input.empty()) {
    const std::uint8_t kind = input.byte();
    const Bytes words = input.take(input.byte());
    if ((kind & 4U) != 0) talk.reconnect();
    if ((kind & 1U) == 0) {
      talk.client(words);
    } else {
      talk.target(words, (kind & 2U) != 0 ? 200U : 0U);
    }
  }
  return 0;
}
