// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/modules/mysql/scramble.hh"

#include <openssl/evp.h>

namespace tcpcopy::modules::mysql {
namespace {

using Digest = std::vector<std::byte>;

Digest digest(const EVP_MD* kind, std::initializer_list<Bytes> parts) {
  std::vector<std::byte> whole;
  for (const Bytes part : parts)
    whole.insert(whole.end(), part.begin(), part.end());
  Digest result(static_cast<std::size_t>(EVP_MD_get_size(kind)));
  EVP_Digest(whole.data(), whole.size(),
             static_cast<unsigned char*>(static_cast<void*>(result.data())), nullptr, kind,
             nullptr);
  return result;
}

Digest exclusive_or(Digest a, const Digest& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    a[i] ^= b[i];
  return a;
}

}  // namespace

std::optional<std::vector<std::byte>> answer_challenge(std::string_view plugin,
                                                       std::string_view password, Bytes challenge) {
  const Bytes secret = std::as_bytes(std::span(password));
  if (plugin == kNative) {
    if (password.empty()) return Digest();
    const Digest once = digest(EVP_sha1(), {secret});
    return exclusive_or(once, digest(EVP_sha1(), {challenge, digest(EVP_sha1(), {once})}));
  }
  if (plugin == kCachingSha2) {
    if (password.empty()) return Digest();
    const Digest once = digest(EVP_sha256(), {secret});
    const Digest twice = digest(EVP_sha256(), {once});
    return exclusive_or(once, digest(EVP_sha256(), {twice, challenge}));
  }
  if (plugin == kClearText) {
    Digest clear(secret.begin(), secret.end());
    clear.push_back(std::byte{0});
    return clear;
  }
  return std::nullopt;
}

}  // namespace tcpcopy::modules::mysql
