// SPDX-License-Identifier: Apache-2.0
// GetSessionToken: temporary credentials of the calling user, or of root.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
// Differs from AWS: there are no MFA devices; the credentials may call IAM and STS like the user's
// own.
#include "gen/sts/get_session_token.h"

#include "aws/operation.h"
#include "services/sts/api/session.h"
#include "services/sts/service.h"

#include <algorithm>

namespace kiln::sts_api {
namespace {

using Op = gen::sts::GetSessionToken;
using Kind = aws::Principal::Kind;

constexpr std::int32_t kDefaultSeconds = 43'200;
constexpr std::int32_t kRootSeconds = 3'600;

Task<aws::ApiResult<Op::Output>> handle(Service& service, aws::RequestContext context,
                                        Op::Input input) {
  const auto& caller = context.principal;
  const bool long_term = caller.token_issued.ms == 0;
  if (!long_term || (caller.kind != Kind::kUser && caller.kind != Kind::kRoot)) {
    co_return aws::fail(
        sts_error("AccessDenied", 403, "Cannot call GetSessionToken with session credentials"));
  }
  if (input.serial_number || input.token_code) {
    co_return aws::fail(sts_error("AccessDenied", 403,
                                  "MultiFactorAuthentication failed with invalid MFA one time pass "
                                  "code."));
  }
  iam::SessionClaims claims;
  claims.account = context.account;
  claims.issued = context.now;
  std::int32_t seconds = input.duration_seconds.value_or(kDefaultSeconds);
  if (caller.kind == Kind::kUser) {
    claims.user_id = caller.user_id;
  } else {
    seconds = std::min(seconds, kRootSeconds);
  }
  Op::Output output;
  output.credentials = credentials_view(service.tokens.issue(claims, expiration(context, seconds)));
  co_return output;
}

// AWS asks for no permission: every user may.
aws::Authorization authorize(const aws::RequestContext&, const Op::Input&) { return {}; }

}  // namespace

extern const aws::Operation<Op, Service> kGetSessionToken{authorize, handle};

}  // namespace kiln::sts_api
