// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"
#include "base/encoding.h"
#include "iam/credentials.h"
#include "iam/record_codec.h"
#include "iam/unique_id.h"

namespace kiln::iam {
namespace {

// Tokens live for 36 hours at most: those of another format are refused, not read.
constexpr std::uint8_t kFormat = 2;
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
  w.list(claims.session_policies).list(claims.session_policy_arns).text(claims.user_id);
  w.tags({claims.session_tags.begin(), claims.session_tags.end()});
  w.list(claims.transitive_tag_keys).text(claims.source_identity).number(claims.issued.ms);
  out.session_token = base64_encode(seal(key_, random_.bytes(kNonceBytes), w.take()));
  return out;
}

Result<SessionTokens::Opened> SessionTokens::open(std::string_view token) const {
  KILN_TRY(const auto box, base64_decode(token));
  KILN_TRY(const auto payload, open_sealed(key_, box));
  RecordReader in(payload);
  if (in.version() != kFormat) {
    return fail(ErrorCode::kInvalidArgument, "session token has an unknown format");
  }
  Opened out;
  out.access_key_id = in.text();
  out.secret_access_key = in.text();
  out.expiration.ms = in.number();
  out.claims.account = in.text();
  out.claims.role_arn = in.text();
  out.claims.role_id = in.text();
  out.claims.session_name = in.text();
  out.claims.session_policies = in.list();
  out.claims.session_policy_arns = in.list();
  out.claims.user_id = in.text();
  const auto tags = in.tags();
  out.claims.session_tags.insert(tags.begin(), tags.end());
  out.claims.transitive_tag_keys = in.list();
  out.claims.source_identity = in.text();
  out.claims.issued.ms = in.number();
  if (!in.ok()) return fail(ErrorCode::kInvalidArgument, "session token is cut off");
  return out;
}

}  // namespace kiln::iam
