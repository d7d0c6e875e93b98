// SPDX-License-Identifier: Apache-2.0
#include "services/sns/delivery/signer.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/fields.h"
#include "services/sns/store/keys.h"

#include <utility>

namespace kiln::sns {
namespace {

constexpr std::string_view kPath = "/SimpleNotificationService-";
constexpr std::int64_t kLookAgainMs = 5;
constexpr int kValidDays = 3'650;

struct Generate {
  Timestamp now;
  Result<SigningKey> operator()() const {
    return make_signing_key("sns.amazonaws.com", now, kValidDays);
  }
};

}  // namespace

bool Signer::owns(std::string_view target) {
  return target.starts_with(kPath) && target.ends_with(".pem");
}

Task<Result<Signer::KeyPtr>> Signer::key() {
  // One makes it, however many messages wait for it.
  while (loading_) {
    auto sleeping = sleep_ms(clock_, kLookAgainMs, {});
    co_await sleeping;
  }
  if (key_) co_return key_;
  loading_ = true;
  auto loading = load_key();
  auto loaded = co_await loading;
  loading_ = false;
  co_return loaded;
}

Task<Result<Signer::KeyPtr>> Signer::load_key() {
  auto reading = store_.read(keys::signing_key());
  KILN_CO_TRY(auto entry, co_await reading);
  if (!entry) {
    auto making = pool_.run(home_, Generate{clock_.wall()});
    KILN_CO_TRY(const SigningKey made, co_await making);
    store::Batch batch;
    batch.check_absent(keys::signing_key());
    batch.put(keys::signing_key(),
              FieldWriter().text(made.private_key_pem).text(made.certificate_pem).bytes());
    auto committing = store_.commit(std::move(batch));
    const Status written = co_await committing;
    // Another task or server may have been first: what is stored is the key.
    if (!written && written.error().code != ErrorCode::kConflict) {
      co_return std::unexpected(written.error());
    }
    auto again = store_.read(keys::signing_key());
    KILN_CO_TRY(entry, co_await again);
    if (!entry) co_return fail(ErrorCode::kInternal, "sns: the signing key is gone");
  }
  FieldReader in(entry->value);
  const std::string private_key = in.text();
  std::string certificate = in.text();
  KILN_CO_TRY_VOID(in.status());
  KILN_CO_TRY(auto signer, RsaSigner::open(private_key));
  std::string path = std::string(kPath) + sha256_hex(certificate).substr(0, 32) + ".pem";
  key_ =
      std::make_shared<const Key>(Key{std::move(signer), std::move(certificate), std::move(path)});
  co_return key_;
}

Task<Result<Signature>> Signer::sign(Delivery delivery, std::string version) {
  auto finding = key();
  KILN_CO_TRY(const KeyPtr key, co_await finding);
  Signature out{.version = version == "2" ? "2" : "1",
                .value = {},
                .certificate_url = delivery.base_url + key->path};
  const std::string text = string_to_sign(delivery);
  const std::string known_as = out.version + sha256_hex(text);
  if (const auto* known = signatures_.find(known_as)) {
    out.value = *known;
    co_return out;
  }
  const auto hash = out.version == "2" ? SignatureHash::kSha256 : SignatureHash::kSha1;
  auto signing = pool_.run(home_, [key, hash, text] { return key->signer.sign(hash, text); });
  KILN_CO_TRY(const std::string bytes, co_await signing);
  out.value = base64_encode(bytes);
  signatures_.put(known_as, out.value);
  co_return out;
}

Task<http::Response> Signer::answer(std::string target) {
  http::Response response;
  auto finding = key();
  const auto found = co_await finding;
  const bool here = found && (*found)->path == target;
  response.status = here ? 200 : 404;
  response.headers.add("Content-Type", here ? "application/x-pem-file" : "text/plain");
  response.body = here ? (*found)->certificate : "No such certificate.\n";
  co_return response;
}

}  // namespace kiln::sns
