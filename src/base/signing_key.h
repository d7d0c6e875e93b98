// SPDX-License-Identifier: Apache-2.0
#pragma once
// RSA signatures whose key and self-signed certificate this server makes itself (SNS messages).

#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kiln {

struct SigningKey {
  std::string private_key_pem;
  std::string certificate_pem;
};
// 2,048 bits; takes tens of milliseconds of a core. `common_name` of the certificate.
Result<SigningKey> make_signing_key(std::string_view common_name, Timestamp now, int valid_days);

enum class SignatureHash : std::uint8_t { kSha1, kSha256 };

// Thread-safe; a signature takes about a millisecond.
class RsaSigner {
 public:
  static Result<RsaSigner> open(std::string_view private_key_pem);
  ~RsaSigner();
  RsaSigner(RsaSigner&&) noexcept;
  RsaSigner& operator=(RsaSigner&&) noexcept;
  // PKCS #1 v1.5.
  Result<std::string> sign(SignatureHash hash, std::string_view text) const;

 private:
  struct Impl;
  explicit RsaSigner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kiln
