// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include "base/encoding.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <zlib.h>

namespace kiln {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kSha256Block = 64;

struct ContextDelete {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, ContextDelete>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, ContextDelete>;

// Fetched once: OpenSSL 3 otherwise searches its providers at every hash, which costs more than
// the hash of a small message.
const EVP_MD* sha256_method() {
  static EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  KILN_CHECK(method != nullptr);
  return method;
}

EVP_MD_CTX* thread_context() {
  thread_local const DigestContext context(EVP_MD_CTX_new());
  return context.get();
}

Sha256Digest hash_two(std::string_view first, std::string_view second) {
  Sha256Digest digest;
  EVP_MD_CTX* context = thread_context();
  KILN_CHECK(EVP_DigestInit_ex2(context, sha256_method(), nullptr) == 1);
  EVP_DigestUpdate(context, first.data(), first.size());
  EVP_DigestUpdate(context, second.data(), second.size());
  KILN_CHECK(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  return digest;
}

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

Sha256Digest sha256(std::string_view bytes) { return hash_two(bytes, {}); }

std::string sha256_hex(std::string_view bytes) { return hex_encode(as_view(sha256(bytes))); }

Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256Digest short_key;
  if (key.size() > kSha256Block) {
    short_key = sha256(key);
    key = as_view(short_key);
  }
  std::array<char, kSha256Block> inner;
  std::array<char, kSha256Block> outer;
  for (std::size_t i = 0; i < kSha256Block; ++i) {
    const char c = i < key.size() ? key[i] : '\0';
    inner[i] = static_cast<char>(c ^ 0x36);
    outer[i] = static_cast<char>(c ^ 0x5c);
  }
  const Sha256Digest digest = hash_two({inner.data(), inner.size()}, bytes);
  return hash_two({outer.data(), outer.size()}, as_view(digest));
}

std::uint32_t crc32(std::string_view bytes, std::uint32_t seed) {
  return static_cast<std::uint32_t>(::crc32_z(seed, octets(bytes), bytes.size()));
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Sha256Stream::Impl {
  DigestContext context{EVP_MD_CTX_new()};
};

Sha256Stream::Sha256Stream() : impl_(std::make_unique<Impl>()) {
  KILN_CHECK(EVP_DigestInit_ex2(impl_->context.get(), sha256_method(), nullptr) == 1);
}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::update(std::string_view bytes) {
  EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size());
}

Sha256Digest Sha256Stream::finish() {
  Sha256Digest digest;
  KILN_CHECK(EVP_DigestFinal_ex(impl_->context.get(), digest.data(), nullptr) == 1);
  return digest;
}

std::string seal(std::string_view key, std::string_view nonce, std::string_view plaintext) {
  KILN_CHECK(key.size() == 32 && nonce.size() == kNonceBytes);
  const CipherContext context(EVP_CIPHER_CTX_new());
  std::string box(nonce);
  box.resize(kNonceBytes + plaintext.size() + kTagBytes);
  unsigned char* const cipher_text = octets(box) + kNonceBytes;
  int written = 0;
  KILN_CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key),
                                octets(nonce)) == 1);
  KILN_CHECK(EVP_EncryptUpdate(context.get(), cipher_text, &written, octets(plaintext),
                               static_cast<int>(plaintext.size())) == 1);
  unsigned char* const tag = cipher_text + plaintext.size();
  KILN_CHECK(EVP_EncryptFinal_ex(context.get(), tag, &written) == 1);
  KILN_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag) == 1);
  return box;
}

Result<std::string> open_sealed(std::string_view key, std::string_view box) {
  KILN_CHECK(key.size() == 32);
  if (box.size() < kNonceBytes + kTagBytes)
    return fail(ErrorCode::kInvalidArgument, "sealed box is too short");
  const std::string_view nonce = box.substr(0, kNonceBytes);
  const std::string_view cipher_text =
      box.substr(kNonceBytes, box.size() - kNonceBytes - kTagBytes);
  std::string tag(box.substr(box.size() - kTagBytes));
  // Room for one byte at least: OpenSSL takes a null output for "additional data".
  std::string plaintext(cipher_text.size() + 1, '\0');
  const CipherContext context(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool good =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key), octets(nonce)) ==
          1 &&
      EVP_DecryptUpdate(context.get(), octets(plaintext), &written, octets(cipher_text),
                        static_cast<int>(cipher_text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), octets(plaintext) + cipher_text.size(), &written) == 1;
  if (!good)
    return fail(ErrorCode::kInvalidArgument, "sealed box was made with another key or changed");
  plaintext.resize(cipher_text.size());
  return plaintext;
}

}  // namespace kiln
