// SPDX-License-Identifier: Apache-2.0
// AssumeRole: temporary credentials of a role whose trust policy names the caller.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
// Differences from AWS: root may assume roles; session tags and the source identity are accepted
// but reach no policy; PolicyArns is refused as not built.
#include "gen/sts/assume_role.h"

#include "aws/operation.h"
#include "gen/sts/errors.h"
#include "iam/keys.h"
#include "iam/policy_document.h"
#include "iam/records.h"
#include "iam/store_role_directory.h"
#include "iam/unique_id.h"
#include "services/sts/service.h"

namespace kiln::sts_api {
namespace {

using Op = gen::sts::AssumeRole;
using aws::ApiError;
using aws::ApiResult;
using aws::RequestContext;

constexpr std::int32_t kDefaultSeconds = 3'600;
constexpr std::int32_t kChainedSeconds = 3'600;
constexpr std::size_t kMaxSessionPolicy = 2'048;

ApiError error(std::string code, int status, std::string message) {
  ApiError out;
  out.code = std::move(code);
  out.http_status = status;
  out.message = std::move(message);
  return out;
}

// The same words whether the role is missing or does not trust the caller.
ApiError denied(const RequestContext& context, const std::string& role_arn) {
  return error("AccessDenied", 403,
               "User: " + context.principal.arn +
                   " is not authorized to perform: sts:AssumeRole on resource: " + role_arn);
}

ApiResult<void> check_input(const RequestContext& context, const Op::Input& input) {
  if (input.policy_arns && !input.policy_arns->empty()) {
    return aws::fail(error("NotImplemented", 501, "AssumeRole with PolicyArns is not built yet."));
  }
  if (input.policy) {
    if (auto fault = iam::policy_fault(*input.policy, iam::PolicyKind::kIdentity)) {
      return aws::fail(gen::sts::malformed_policy_document_exception(std::move(*fault)));
    }
    if (input.policy->size() > kMaxSessionPolicy) {
      return aws::fail(gen::sts::packed_policy_too_large_exception(
          "The session policy is longer than 2048 characters."));
    }
  }
  if (input.serial_number || input.token_code) {
    return aws::fail(error("AccessDenied", 403,
                           "MultiFactorAuthentication failed with invalid MFA one time pass "
                           "code."));
  }
  const bool chained = context.principal.kind == aws::Principal::Kind::kAssumedRole;
  if (chained && input.duration_seconds.value_or(kDefaultSeconds) > kChainedSeconds) {
    return aws::fail(error("ValidationError", 400,
                           "The requested DurationSeconds exceeds the 1 hour session limit for "
                           "roles assumed by role chaining."));
  }
  return {};
}

// Whether `role` (nullopt: there is none) lets the caller in; answers the session's claims.
ApiResult<iam::SessionClaims> decide(const RequestContext& context, const Op::Input& input,
                                     const iam::RoleArn& arn,
                                     const std::optional<iam::RoleRecord>& role, bool any_role) {
  iam::SessionClaims claims;
  claims.account = arn.account;
  claims.role_arn = *input.role_arn;
  claims.session_name = *input.role_session_name;
  if (input.policy) claims.session_policies.push_back(*input.policy);
  if (!role) {
    if (!any_role) return aws::fail(denied(context, *input.role_arn));
    claims.role_id = iam::stand_in_role_id(*input.role_arn, arn.account);
    return claims;
  }
  const auto trust =
      iam::trust_of(role->trust_policy, context.principal,
                    {input.external_id ? std::string_view(*input.external_id) : std::string_view(),
                     *input.role_session_name});
  if (trust != iam::Trust::kAccount && trust != iam::Trust::kNamed) {
    return aws::fail(denied(context, *input.role_arn));
  }
  if (input.duration_seconds.value_or(kDefaultSeconds) > role->max_session_seconds) {
    return aws::fail(
        error("ValidationError", 400,
              "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."));
  }
  claims.role_id = role->id;
  return claims;
}

Op::Output respond(const Op::Input& input, const iam::RoleArn& arn,
                   const iam::SessionClaims& claims, iam::TemporaryCredentials credentials) {
  Op::Output output;
  auto& out = output.credentials.emplace();
  out.access_key_id = std::move(credentials.access_key_id);
  out.secret_access_key = std::move(credentials.secret_access_key);
  out.session_token = std::move(credentials.session_token);
  out.expiration = credentials.expiration;
  auto& user = output.assumed_role_user.emplace();
  user.assumed_role_id = claims.role_id + ':' + claims.session_name;
  user.arn =
      "arn:aws:sts::" + arn.account + ":assumed-role/" + arn.name + '/' + claims.session_name;
  if (input.policy) {
    const auto percent = (input.policy->size() * 100 + kMaxSessionPolicy - 1) / kMaxSessionPolicy;
    output.packed_policy_size = static_cast<std::int32_t>(percent);
  }
  output.source_identity = input.source_identity;
  return output;
}

Task<ApiResult<Op::Output>> handle(Service& service, RequestContext context, Op::Input input) {
  const auto arn = iam::parse_role_arn(*input.role_arn);
  if (!arn) co_return aws::fail(error("ValidationError", 400, *input.role_arn + " is invalid"));
  if (auto good = check_input(context, input); !good) co_return aws::fail(good.error());
  auto reading = service.store.read(iam::keys::role(arn->account, arn->name));
  KILN_API_TRY(const auto entry, "sts", co_await std::move(reading));
  std::optional<iam::RoleRecord> role;
  if (entry) {
    KILN_API_TRY(auto record, "sts", iam::decode_role(entry->value));
    if (record.arn(arn->account) == *input.role_arn) role = std::move(record);
  }
  const auto claims = decide(context, input, *arn, role, service.any_role);
  if (!claims) co_return aws::fail(claims.error());
  const std::int64_t seconds = input.duration_seconds.value_or(kDefaultSeconds);
  const Timestamp expiration{(context.now.ms / 1'000 + seconds) * 1'000};
  co_return respond(input, *arn, *claims, service.tokens.issue(*claims, expiration));
}

aws::Authorization authorize(const RequestContext&, const Op::Input& input) {
  aws::Authorization out{"sts:AssumeRole", input.role_arn.value_or(""), {}};
  if (input.role_session_name)
    out.condition_keys()["sts:RoleSessionName"] = {*input.role_session_name};
  if (input.external_id) out.condition_keys()["sts:ExternalId"] = {*input.external_id};
  if (input.source_identity) out.condition_keys()["sts:SourceIdentity"] = {*input.source_identity};
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kAssumeRole{authorize, handle};

}  // namespace kiln::sts_api
