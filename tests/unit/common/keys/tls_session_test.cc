// SPDX-License-Identifier: BSD-3-Clause
// The traps of TLS with a key: each of them would let somebody in, or tell nobody why not.
#include "common/keys/tls_session.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::keys {
namespace {

using test::bytes;
using test::ByteVector;
using testing::HasSubstr;
using testing::Optional;

Key key(const std::string& name, unsigned char first = 1) {
  Key result{name, {}};
  result.secret.fill(7);
  result.secret[0] = first;
  return result;
}

/// Lets two sessions talk until neither has anything to say.
class Talk {
 public:
  Talk(TlsSession client, TlsSession server)
      : client_(std::move(client)), server_(std::move(server)) {}

  void run(std::size_t piece = 10'000) {
    while (!client_.unsent().empty() || !server_.unsent().empty()) {
      pass(client_, server_, piece, at_server_);
      pass(server_, client_, piece, at_client_);
    }
  }
  static void pass(TlsSession& from, TlsSession& to, std::size_t piece, ByteVector& plain) {
    const Bytes some = from.unsent().first(std::min(piece, from.unsent().size()));
    const ByteVector copy = test::copy(some);
    from.on_sent(copy.size());
    to.on_bytes(copy, [&](Bytes more) { test::append(plain, more); });
  }

  TlsSession client_;
  TlsSession server_;
  ByteVector at_client_;
  ByteVector at_server_;
};

const std::vector<Key> kKnown = {key("a"), key("b")};

TEST(TlsSession, BothEndsHaveTheKeyAndTalk) {
  for (const std::size_t piece : {1U, 7U, 10'000U}) {
    Talk talk(TlsSession::client(key("b")), TlsSession::server(kKnown));
    talk.run(piece);
    ASSERT_TRUE(talk.client_.established());
    ASSERT_TRUE(talk.server_.established());
    EXPECT_EQ(talk.server_.key().name, "b");
    const ByteVector much = test::pattern(100'000);
    talk.client_.write(much);
    talk.server_.write(bytes("hello"));
    EXPECT_EQ(std::search(talk.server_.unsent().begin(), talk.server_.unsent().end(), much.begin(),
                          much.begin() + 20),
              talk.server_.unsent().end());
    talk.run(piece == 1 ? 1000 : piece);
    EXPECT_EQ(talk.at_server_, much);
    EXPECT_EQ(talk.at_client_, bytes("hello"));
    EXPECT_FALSE(talk.client_.failure());
    EXPECT_FALSE(talk.server_.failure());
  }
}

TEST(TlsSession, WhatIsSentCannotBeRead) {
  Talk talk(TlsSession::client(key("a")), TlsSession::server(kKnown));
  talk.run();
  const ByteVector secret = bytes("a response of the target");
  talk.server_.write(secret);
  const Bytes sent = talk.server_.unsent();
  EXPECT_EQ(std::search(sent.begin(), sent.end(), secret.begin(), secret.end()), sent.end());
}

TEST(TlsSession, AnotherKeyOfThatNameIsToldToBoth) {
  Talk talk(TlsSession::client(key("a", 99)), TlsSession::server(kKnown));
  talk.run();
  EXPECT_THAT(talk.server_.failure(), Optional(HasSubstr("the key differs: a is another here")));
  EXPECT_THAT(talk.client_.failure(), Optional(HasSubstr("the key differs: a is another there")));
  EXPECT_FALSE(talk.server_.established() || talk.client_.established());
}

TEST(TlsSession, ANameThatIsNotKnownIsToldToBoth) {
  Talk talk(TlsSession::client(key("c")), TlsSession::server(kKnown));
  talk.run();
  EXPECT_THAT(talk.server_.failure(), Optional(HasSubstr("no key named c here")));
  EXPECT_THAT(talk.client_.failure(), Optional(HasSubstr("no key named c there")));
}

TEST(TlsSession, AnEndThatHasNoKeySaysSo) {
  TlsSession client = TlsSession::client(key("a"));
  client.on_bytes(std::as_bytes(std::span(kHasNoKey)), [](Bytes) {});
  EXPECT_THAT(client.failure(), Optional(HasSubstr("the other end has no key")));
}

TEST(TlsSession, GarbageIsNoHandshake) {
  for (const ByteVector& garbage :
       {bytes("GET / HTTP/1.1\r\n\r\n"), bytes({0x16, 3, 1, 0, 5, 'h', 'e', 'l', 'l', 'o'})}) {
    TlsSession server = TlsSession::server(kKnown);
    server.on_bytes(garbage, [](Bytes) { ADD_FAILURE(); });
    EXPECT_TRUE(server.failure());
    EXPECT_FALSE(server.established());
  }
  TlsSession client = TlsSession::client(key("a"));
  client.on_bytes(bytes("HTTP/1.1 400 Bad Request\r\n"), [](Bytes) { ADD_FAILURE(); });
  EXPECT_TRUE(client.failure());
}

TEST(TlsSession, AByteThatWasChangedEndsIt) {
  Talk talk(TlsSession::client(key("a")), TlsSession::server(kKnown));
  talk.run();
  talk.server_.write(bytes("hello"));
  ByteVector changed = test::copy(talk.server_.unsent());
  changed.back() ^= std::byte{1};
  talk.client_.on_bytes(changed, [](Bytes) { ADD_FAILURE(); });
  EXPECT_TRUE(talk.client_.failure());
}

/// What OpenSSL may still allocate; negative: all it wants.
int allowed = -1;

void* allocate(std::size_t size, const char* /*file*/, int /*line*/) {
  if (allowed == 0) return nullptr;
  if (allowed > 0) --allowed;
  return std::malloc(size);
}
void* reallocate(void* bytes, std::size_t size, const char* /*file*/, int /*line*/) {
  return allowed < 0 ? std::realloc(bytes, size) : nullptr;
}
void release(void* bytes, const char* /*file*/, int /*line*/) { std::free(bytes); }
// Before OpenSSL allocates anything.
const bool kMemoryIsOurs = CRYPTO_set_mem_functions(allocate, reallocate, release) == 1;

TEST(TlsSession, WithoutMemoryASessionHasFailedAndNothingElse) {
  ASSERT_TRUE(kMemoryIsOurs);
  TlsSession::client(key("a"));  // what is made once is there
  int failed = 0;
  for (const int most : {0, 1, 2, 5, 10}) {
    allowed = most;
    const TlsSession client = TlsSession::client(key("a"));
    TlsSession server = TlsSession::server(kKnown);
    allowed = -1;
    EXPECT_FALSE(client.established());
    if (client.failure()) ++failed;
    if (server.failure()) {
      EXPECT_THAT(server.failure(), Optional(HasSubstr("memory")));
      server.on_bytes(bytes({0x16, 3, 1, 0, 1, 0}), [](Bytes) { ADD_FAILURE(); });
      EXPECT_TRUE(server.unsent().empty());
    }
  }
  EXPECT_GT(failed, 2);
  Talk talk(TlsSession::client(key("a")), TlsSession::server(kKnown));
  talk.run();
  EXPECT_TRUE(talk.client_.established()) << "with memory all is as before";
}

TEST(TlsSession, KnowsWhatBeginsLikeTls) {
  EXPECT_TRUE(begins_tls(TlsSession::client(key("a")).unsent()));
  EXPECT_FALSE(begins_tls(bytes({0, 0, 0, 0})));
  EXPECT_FALSE(begins_tls({}));
}

// --- others, made with OpenSSL alone

/// An end that is not ours, between memory buffers.
class Other {
 public:
  Other(const SSL_METHOD* method, bool server, int newest = 0) : context_(SSL_CTX_new(method)) {
    SSL_CTX_set_max_proto_version(context_, newest);
    if (server) show_certificate();
    ssl_ = SSL_new(context_);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    server ? SSL_set_accept_state(ssl_) : SSL_set_connect_state(ssl_);
  }
  ~Other() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;

  /// @return whether its handshake is done.
  bool talk_to(TlsSession& session) {
    int result = 0;
    for (int i = 0; i < 10; ++i) {
      BIO_write(SSL_get_rbio(ssl_), session.unsent().data(),
                static_cast<int>(session.unsent().size()));
      session.on_sent(session.unsent().size());
      result = SSL_do_handshake(ssl_);
      char* data = nullptr;
      const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
      session.on_bytes(std::as_bytes(std::span(data, static_cast<std::size_t>(size))),
                       [](Bytes) { ADD_FAILURE(); });
      BIO_reset(SSL_get_wbio(ssl_));
    }
    return result == 1;
  }

 private:
  void show_certificate() {
    EVP_PKEY* pair = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, pair);
    X509_sign(certificate, pair, EVP_sha256());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, pair);
    X509_free(certificate);
    EVP_PKEY_free(pair);
  }

  SSL_CTX* context_;
  SSL* ssl_;
};

TEST(TlsSession, AnImpostorWithACertificateIsNotBelieved) {
  Other impostor(TLS_server_method(), true);
  TlsSession client = TlsSession::client(key("a"));
  impostor.talk_to(client);
  EXPECT_FALSE(client.established());
  EXPECT_THAT(client.failure(), Optional(HasSubstr("shows a certificate")));
}

TEST(TlsSession, AClientWithoutAKeyIsRefused) {
  Other stranger(TLS_client_method(), false);
  TlsSession server = TlsSession::server(kKnown);
  EXPECT_FALSE(stranger.talk_to(server));
  EXPECT_FALSE(server.established());
  EXPECT_TRUE(server.failure());
}

TEST(TlsSession, AnOlderTlsIsRefused) {
  Other old(TLS_client_method(), false, TLS1_2_VERSION);
  TlsSession server = TlsSession::server(kKnown);
  EXPECT_FALSE(old.talk_to(server));
  EXPECT_TRUE(server.failure());
}

}  // namespace
}  // namespace tcpcopy::keys
