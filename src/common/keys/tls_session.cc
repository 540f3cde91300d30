// SPDX-License-Identifier: BSD-3-Clause
#include "common/keys/tls_session.hh"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

#include "common/runtime/errors.hh"

namespace tcpcopy::keys {
namespace {

using runtime::SystemError;

// The key is bound to SHA-256, so a suite with SHA-384 could not use it.
constexpr const char* kSuites = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
constexpr std::array<unsigned char, 2> kAes128 = {0x13, 0x01};
constexpr std::size_t kRecord = std::size_t{16} << 10U;

// Alerts of RFC 8446, 6.2, as the other end's errors have them.
constexpr int kHandshakeFailure = SSL_AD_REASON_OFFSET + 40;
constexpr int kIllegalParameter = SSL_AD_REASON_OFFSET + 47;
constexpr int kAccessDenied = SSL_AD_REASON_OFFSET + 49;
constexpr int kDecryptError = SSL_AD_REASON_OFFSET + 51;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

// OpenSSL takes what is returned, and may ask twice in one handshake.
SSL_SESSION* session_of(SSL* ssl, const Key& key) {
  SSL_SESSION* session = SSL_SESSION_new();
  if (session == nullptr) return nullptr;
  const SSL_CIPHER* cipher = SSL_CIPHER_find(ssl, kAes128.data());
  if (cipher == nullptr ||
      SSL_SESSION_set1_master_key(session, key.secret.data(), key.secret.size()) != 1 ||
      SSL_SESSION_set_cipher(session, cipher) != 1 ||
      SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) != 1) {
    SSL_SESSION_free(session);
    return nullptr;
  }
  return session;
}

std::string printable(std::string_view text) {
  std::string result(text.substr(0, 64));
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return result;
}

}  // namespace

struct TlsSession::State {
  std::unique_ptr<SSL, FreeSsl> ssl;
  BIO* in = nullptr;                        // the SSL's
  BIO* out = nullptr;                       // the SSL's
  const std::vector<Key>* known = nullptr;  // intercept's, until the handshake is done
  std::optional<Key> key;                   // tcpcopy's; or, of intercept's, that which is used
  std::optional<std::string> unknown_name;  // that the other end named
  bool established = false;
  std::optional<std::string> failure;
  std::vector<std::byte> unsent;
  std::size_t sent = 0;  // of unsent

  static int use_key(SSL* ssl, const EVP_MD*, const unsigned char** name, std::size_t* name_size,
                     SSL_SESSION** session) {
    const auto* state = static_cast<const State*>(SSL_get_app_data(ssl));
    *session = session_of(ssl, *state->key);
    const void* text = state->key->name.data();
    *name = static_cast<const unsigned char*>(text);
    *name_size = state->key->name.size();
    return *session == nullptr ? 0 : 1;
  }

  static int find_key(SSL* ssl, const unsigned char* name, std::size_t name_size,
                      SSL_SESSION** session) {
    auto* state = static_cast<State*>(SSL_get_app_data(ssl));
    const void* bytes = name;
    const std::string_view wanted(static_cast<const char*>(bytes), name_size);
    *session = nullptr;  // without one the handshake fails: there is no certificate
    state->unknown_name = printable(wanted);
    for (const Key& key : *state->known) {
      if (key.name != wanted) continue;
      state->unknown_name.reset();
      state->key = key;
      *session = session_of(ssl, key);
    }
    return 1;
  }

  static Context make_context(bool server) {
    Context context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(context.get(), kSuites) != 1) {
      throw SystemError("OpenSSL cannot do TLS 1.3");
    }
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    if (server) {
      SSL_CTX_set_num_tickets(context.get(), 0);
      SSL_CTX_set_psk_find_session_callback(context.get(), find_key);
    } else {
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);  // and nobody is trusted
      SSL_CTX_set_psk_use_session_callback(context.get(), use_key);
    }
    return context;
  }

  State(const Context& context, bool server) : ssl(SSL_new(context.get())) {
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    if (!ssl || in == nullptr || out == nullptr) throw SystemError("OpenSSL has no memory");
    SSL_set_bio(ssl.get(), in, out);
    SSL_set_app_data(ssl.get(), this);
    server ? SSL_set_accept_state(ssl.get()) : SSL_set_connect_state(ssl.get());
  }

  void collect() {
    const std::size_t size = BIO_ctrl_pending(out);
    if (size == 0) return;
    const std::size_t at = unsent.size();
    unsent.resize(at + size);
    BIO_read(out, &unsent[at], static_cast<int>(size));  // BIO_reset() would clear all its memory
  }

  void shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl.get());
    if (result == 1) {
      // An end with a certificate and without the key would otherwise be believed.
      if (SSL_session_reused(ssl.get()) == 1 && key) {
        established = true;
        known = nullptr;
      } else {
        failure = "the other end does not know the key";
      }
    } else {
      judge(result);
    }
    collect();
  }

  void judge(int result) {
    const int error = SSL_get_error(ssl.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
    failure = error == SSL_ERROR_ZERO_RETURN ? "the other end has ended it" : words();
  }

  std::string words() const {
    const unsigned long code = ERR_peek_error();
    const int reason = ERR_GET_REASON(code);
    if (unknown_name) return "no key named " + *unknown_name + " here";
    const std::string name = key ? key->name : "";
    switch (reason) {
      case SSL_R_BINDER_DOES_NOT_VERIFY:
        return "the key differs: " + name + " is another here";
      case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return "the other end shows a certificate and does not know the key: it is not ours";
      case kIllegalParameter:
      case kDecryptError:
        return "the key differs: " + name + " is another there";
      case kHandshakeFailure:
        return "no key named " + name + " there";
      case kAccessDenied:
        return "the other end has no key: start it with --key";
      default:
        break;
    }
    if (!key) return "it offers no key of tcpcopy";
    const char* text = ERR_reason_error_string(code);
    return std::string("no TLS that can be read: ") + (text != nullptr ? text : "no reason given");
  }
};

TlsSession::TlsSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&&) noexcept = default;
TlsSession::~TlsSession() = default;

TlsSession TlsSession::client(const Key& key) {
  static const Context kContext = State::make_context(false);
  auto state = std::make_unique<State>(kContext, false);
  state->key = key;
  state->shake_hands();
  return TlsSession(std::move(state));
}

TlsSession TlsSession::server(const std::vector<Key>& keys) {
  static const Context kContext = State::make_context(true);
  auto state = std::make_unique<State>(kContext, true);
  state->known = &keys;
  return TlsSession(std::move(state));
}

void TlsSession::on_bytes(Bytes bytes, OnPlain on_plain) {
  State& state = *state_;
  if (state.failure || bytes.empty()) return;
  BIO_write(state.in, bytes.data(), static_cast<int>(bytes.size()));
  if (!state.established) state.shake_hands();
  std::array<std::byte, kRecord> plain;  // NOLINT(*-member-init): written by SSL_read
  while (state.established && !state.failure) {
    ERR_clear_error();
    const int size = SSL_read(state.ssl.get(), plain.data(), static_cast<int>(plain.size()));
    if (size > 0) {
      on_plain(Bytes(plain).first(static_cast<std::size_t>(size)));
      continue;
    }
    state.judge(size);
    break;
  }
  state.collect();
}

void TlsSession::write(Bytes plain) {
  ERR_clear_error();
  const int size = SSL_write(state_->ssl.get(), plain.data(), static_cast<int>(plain.size()));
  if (size <= 0) state_->judge(size);
  state_->collect();
}

Bytes TlsSession::unsent() const { return Bytes(state_->unsent).subspan(state_->sent); }

void TlsSession::on_sent(std::size_t size) {
  state_->sent += size;
  if (state_->sent < state_->unsent.size()) return;
  state_->unsent.clear();
  state_->sent = 0;
}

bool TlsSession::established() const { return state_->established; }
const std::optional<std::string>& TlsSession::failure() const { return state_->failure; }
const Key& TlsSession::key() const { return *state_->key; }

bool begins_tls(Bytes bytes) {
  // RFC 8446, 5.1: a handshake record. A client on 22.0.0.0/8, from before versions, has no chance.
  return !bytes.empty() && bytes[0] == std::byte{0x16};
}

}  // namespace tcpcopy::keys
