// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"
#include "base/encoding.h"
#include "iam/credentials.h"
#include "iam/record_codec.h"
#include "iam/unique_id.h"

namespace kiln::iam {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kNonceBytes = 12;

}  // namespace

TemporaryCredentials SessionTokens::issue(const SessionClaims& claims, Timestamp expiration) const {
  TemporaryCredentials out;
  out.access_key_id = unique_id("ASIA", claims.account, random_);
  out.secret_access_key = secret_access_key(random_);
  out.expiration = expiration;
  RecordWriter w(kFormat);
  w.text(out.access_key_id).text(out.secret_access_key).number(expiration.ms);
  w.text(claims.account).text(claims.role_arn).text(claims.role_id).text(claims.session_name);
  w.list(claims.session_policies);
  out.session_token = base64_encode(seal(key_, random_.bytes(kNonceBytes), w.take()));
  return out;
}

Result<SessionTokens::Opened> SessionTokens::open(std::string_view token) const {
  KILN_TRY(const auto box, base64_decode(token));
  KILN_TRY(const auto payload, open_sealed(key_, box));
  RecordReader in(payload);
  Opened out;
  out.access_key_id = in.text();
  out.secret_access_key = in.text();
  out.expiration.ms = in.number();
  out.claims.account = in.text();
  out.claims.role_arn = in.text();
  out.claims.role_id = in.text();
  out.claims.session_name = in.text();
  out.claims.session_policies = in.list();
  if (!in.ok() || in.version() != kFormat) {
    return fail(ErrorCode::kInvalidArgument, "session token has an unknown format");
  }
  return out;
}

}  // namespace kiln::iam
