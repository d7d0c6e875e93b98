// SPDX-License-Identifier: Apache-2.0
#include "base/signing_key.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <utility>

namespace kiln {
namespace {

constexpr unsigned int kKeyBits = 2'048;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

std::unexpected<Error> failed(std::string_view what) {
  return fail(ErrorCode::kInternal, "OpenSSL: " + std::string(what) + " failed");
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Result<Certificate> certify(EVP_PKEY* key, std::string_view common_name, Timestamp now, int days) {
  Certificate out(X509_new());
  if (!out) return failed("X509_new");
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) {
    return failed("RAND_bytes");
  }
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(out.get()), serial >> 1);
  X509_set_version(out.get(), 2);
  auto start = static_cast<time_t>(now.ms / 1'000);
  X509_time_adj_ex(X509_getm_notBefore(out.get()), -1, 0, &start);
  X509_time_adj_ex(X509_getm_notAfter(out.get()), days, 0, &start);
  X509_NAME* name = X509_get_subject_name(out.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  X509_set_issuer_name(out.get(), name);
  if (X509_set_pubkey(out.get(), key) != 1 || X509_sign(out.get(), key, EVP_sha256()) == 0) {
    return failed("X509_sign");
  }
  return out;
}

}  // namespace

Result<SigningKey> make_signing_key(std::string_view common_name, Timestamp now, int valid_days) {
  const Key key(EVP_RSA_gen(kKeyBits));
  if (!key) return failed("EVP_RSA_gen");
  KILN_TRY(const Certificate certificate, certify(key.get(), common_name, now, valid_days));
  const Bio key_text(BIO_new(BIO_s_mem()));
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  if (!key_text || !certificate_text) return failed("BIO_new");
  if (PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1) {
    return failed("PEM_write_bio");
  }
  return SigningKey{text_of(key_text.get()), text_of(certificate_text.get())};
}

struct RsaSigner::Impl {
  Key key;
};

RsaSigner::RsaSigner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RsaSigner::~RsaSigner() = default;
RsaSigner::RsaSigner(RsaSigner&&) noexcept = default;
RsaSigner& RsaSigner::operator=(RsaSigner&&) noexcept = default;

Result<RsaSigner> RsaSigner::open(std::string_view private_key_pem) {
  const Bio text(BIO_new_mem_buf(private_key_pem.data(), static_cast<int>(private_key_pem.size())));
  auto impl = std::make_unique<Impl>();
  if (text) impl->key.reset(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
  if (!impl->key) return failed("PEM_read_bio_PrivateKey");
  return RsaSigner(std::move(impl));
}

Result<std::string> RsaSigner::sign(SignatureHash hash, std::string_view text) const {
  const Digest digest(EVP_MD_CTX_new());
  const EVP_MD* algorithm = hash == SignatureHash::kSha1 ? EVP_sha1() : EVP_sha256();
  std::size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (!digest ||
      EVP_DigestSignInit(digest.get(), nullptr, algorithm, nullptr, impl_->key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size()) != 1) {
    return failed("EVP_DigestSignInit");
  }
  std::string out(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes,
                     text.size()) != 1) {
    return failed("EVP_DigestSign");
  }
  out.resize(size);
  return out;
}

}  // namespace kiln
