// SPDX-License-Identifier: BSD-3-Clause
// What comes on a link with a key: two sessions at each other, with somebody between them who
// changes bytes, leaves some out and adds others. Input: steps, each a byte that says what happens
// and one that says how much. OpenSSL draws random numbers, so an input does not always do the
// same; what must hold, holds for all of them.
#include <vector>

#include "common/keys/tls_session.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;

const std::vector<keys::Key> kKeys = {{"fuzz", {1, 2, 3}}, {"other", {4, 5, 6}}};

// One direction: what was written at its beginning, and how much of it came out at its end.
struct Way {
  std::vector<std::byte> written;
  std::size_t heard = 0;
};

class Link {
 public:
  void step(std::uint8_t what, std::uint8_t how_much, fuzz::Input& input) {
    const bool up = (what & 1U) != 0;
    keys::TlsSession& from = up ? client_ : server_;
    keys::TlsSession& to = up ? server_ : client_;
    Way& way = up ? up_ : down_;
    switch (what / 2 % 5) {
      case 0:
        pass(from, to, way, how_much, {});
        break;
      case 1:
        write(from, way, how_much);
        break;
      case 2:  // changed on the way
        pass(from, to, way, 255, how_much);
        break;
      case 3:  // left out
        from.on_sent(std::min<std::size_t>(how_much, from.unsent().size()));
        break;
      default:  // added
        hear(to, way, input.take(how_much));
        break;
    }
    // After a fault the other end may have been told, or not; but nobody has another key.
    for (const keys::TlsSession* end : {&client_, &server_})
      require(!end->established() || end->key().name == "fuzz", "an end has the key it was given");
  }

 private:
  static void write(keys::TlsSession& from, Way& way, std::uint8_t size) {
    if (!from.established() || from.failure() || size == 0) return;
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes)
      byte = static_cast<std::byte>(way.written.size() +
                                    static_cast<std::size_t>(&byte - bytes.data()));
    from.write(bytes);
    way.written.insert(way.written.end(), bytes.begin(), bytes.end());
  }

  void pass(keys::TlsSession& from, keys::TlsSession& to, Way& way, std::size_t most,
            std::optional<std::uint8_t> changed) {
    const Bytes unsent = from.unsent().first(std::min(most * 8, from.unsent().size()));
    std::vector<std::byte> bytes(unsent.begin(), unsent.end());
    from.on_sent(bytes.size());
    if (changed && !bytes.empty()) bytes[*changed % bytes.size()] ^= std::byte{0x40};
    hear(to, way, bytes);
  }

  void hear(keys::TlsSession& to, Way& way, Bytes bytes) {
    const bool failed = to.failure().has_value();
    to.on_bytes(bytes, [&](Bytes plain) {
      require(!failed && to.established(),
              "nothing is heard before the handshake, or after a fault");
      require(plain.size() <= way.written.size() - way.heard &&
                  fuzz::same_bytes(plain, Bytes(way.written).subspan(way.heard, plain.size())),
              "what is heard is what was written, in order");
      way.heard += plain.size();
    });
    require(!to.failure() || !to.failure()->empty(), "a failure has words");
  }

  keys::TlsSession client_ = keys::TlsSession::client(kKeys.front());
  keys::TlsSession server_ = keys::TlsSession::server(kKeys);
  Way up_;
  Way down_;
};

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tcpcopy::fuzz::Input input(data, std::min<std::size_t>(size, 2000));
  tcpcopy::Link link;
  while (!input.empty()) {
    const std::uint8_t what = input.byte();
    link.step(what, input.byte(), input);
  }
  return 0;
}
