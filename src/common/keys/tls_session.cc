// SPDX-License-Identifier: BSD-3-Clause
#include "common/keys/tls_session.hh"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

namespace tcpcopy::keys {
namespace {

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

// An error that is left from before would be taken for one of what comes. To clear a queue that is
// empty costs a tenth of a record.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

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
  Bytes input;                              // that the SSL has not taken yet
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

  // The SSL's way to `input` and `unsent`, without a copy more than is needed.
  static int give(BIO* bio, char* to, int room) {
    auto* state = static_cast<State*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (state->input.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t size = std::min(state->input.size(), static_cast<std::size_t>(room));
    std::copy_n(state->input.begin(), size, static_cast<std::byte*>(static_cast<void*>(to)));
    state->input = state->input.subspan(size);
    return static_cast<int>(size);
  }

  static int take(BIO* bio, const char* from, int size) {
    auto* state = static_cast<State*>(BIO_get_data(bio));
    const auto* bytes = static_cast<const std::byte*>(static_cast<const void*>(from));
    state->unsent.insert(state->unsent.end(), bytes, bytes + size);
    return size;
  }

  static long control(BIO* /*bio*/, int what, long /*number*/, void* /*pointer*/) {
    return what == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO_METHOD* make_way() {
    BIO_METHOD* way = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "link");
    if (way == nullptr) return nullptr;
    BIO_meth_set_read(way, give);
    BIO_meth_set_write(way, take);
    BIO_meth_set_ctrl(way, control);
    return way;
  }

  // Null when there is no memory for it.
  static Context make_context(bool server) {
    Context context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(context.get(), kSuites) != 1) {
      return nullptr;
    }
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context.get(), 1);  // a record's head and body at once
    if (server) {
      SSL_CTX_set_num_tickets(context.get(), 0);
      SSL_CTX_set_psk_find_session_callback(context.get(), find_key);
    } else {
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);  // and nobody is trusted
      SSL_CTX_set_psk_use_session_callback(context.get(), use_key);
    }
    return context;
  }

  explicit State(bool server) {
    // Made when they are first needed, and again when there was no memory.
    static BIO_METHOD* way = nullptr;
    static std::array<Context, 2> contexts;
    Context& context = contexts[server ? 1 : 0];
    if (way == nullptr) way = make_way();
    if (!context) context = make_context(server);
    if (way != nullptr && context) ssl.reset(SSL_new(context.get()));
    BIO* bio = ssl ? BIO_new(way) : nullptr;
    if (bio == nullptr) {
      ssl.reset();
      failure = "OpenSSL has no memory for TLS 1.3";
      return;
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl.get(), bio, bio);
    SSL_set_app_data(ssl.get(), this);
    server ? SSL_set_accept_state(ssl.get()) : SSL_set_connect_state(ssl.get());
  }

  void shake_hands() {
    forget_errors();
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
  auto state = std::make_unique<State>(false);
  state->key = key;
  if (!state->failure) state->shake_hands();
  return TlsSession(std::move(state));
}

TlsSession TlsSession::server(const std::vector<Key>& keys) {
  auto state = std::make_unique<State>(true);
  state->known = &keys;
  return TlsSession(std::move(state));
}

void TlsSession::on_bytes(Bytes bytes, OnPlain on_plain) {
  State& state = *state_;
  if (state.failure || bytes.empty()) return;
  state.input = bytes;
  if (!state.established) state.shake_hands();
  std::array<std::byte, kRecord> plain;  // NOLINT(*-member-init): written by SSL_read
  // What it has read ahead may be whole records, of which SSL_pending() says nothing.
  while (state.established && !state.failure &&
         (!state.input.empty() || SSL_has_pending(state.ssl.get()) == 1)) {
    forget_errors();
    const int size = SSL_read(state.ssl.get(), plain.data(), static_cast<int>(plain.size()));
    if (size > 0) {
      on_plain(Bytes(plain).first(static_cast<std::size_t>(size)));
      continue;
    }
    state.judge(size);
    break;
  }
  state.input = {};
}

void TlsSession::write(Bytes plain) {
  forget_errors();
  const int size = SSL_write(state_->ssl.get(), plain.data(), static_cast<int>(plain.size()));
  if (size <= 0) state_->judge(size);
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
