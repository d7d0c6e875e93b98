// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a new session takes from its request and from the session that asks for it. Pure functions.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html

#include "aws/api_error.h"
#include "aws/request_context.h"
#include "gen/sts/assume_role.h"
#include "iam/credentials.h"

#include <cstdint>
#include <string>

namespace kiln::sts_api {

aws::ApiError sts_error(std::string code, int status, std::string message);
aws::ApiError validation_error(std::string message);

// Session policies, tags and source identity of an AssumeRole request, checked; with what the
// caller's session hands on (transitive tags, its source identity). Fills those members of `claims`
// and answers PackedPolicySize in percent, 0 without policies and tags.
aws::ApiResult<std::int32_t> fill_session(const aws::Principal& caller,
                                          const gen::sts::AssumeRoleRequest& input,
                                          iam::SessionClaims& claims);

gen::sts::Credentials credentials_view(iam::TemporaryCredentials credentials);
// `seconds` from now, in whole seconds.
Timestamp expiration(const aws::RequestContext& context, std::int64_t seconds);

}  // namespace kiln::sts_api
