// SPDX-License-Identifier: Apache-2.0
// AssumeRole: temporary credentials of a role whose trust policy names the caller.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
// Differs from AWS: root may assume roles; PackedPolicySize counts plain characters.
#include "gen/sts/assume_role.h"

#include "aws/operation.h"
#include "iam/keys.h"
#include "iam/policy_document.h"
#include "iam/records.h"
#include "iam/store_principal_policies.h"
#include "iam/store_role_directory.h"
#include "iam/unique_id.h"
#include "services/sts/api/session.h"
#include "services/sts/service.h"

namespace kiln::sts_api {
namespace {

using Op = gen::sts::AssumeRole;
using aws::ApiError;
using aws::ApiResult;
using aws::RequestContext;

constexpr std::int32_t kDefaultSeconds = 3'600;
constexpr std::int32_t kChainedSeconds = 3'600;

// The same words whether the role is missing or does not trust the caller.
ApiError denied(const RequestContext& context, const std::string& role_arn,
                std::string_view action = "sts:AssumeRole") {
  return sts_error("AccessDenied", 403,
                   "User: " + context.principal.arn + " is not authorized to perform: " +
                       std::string(action) + " on resource: " + role_arn);
}

ApiResult<void> check_input(const RequestContext& context, const Op::Input& input) {
  if (input.serial_number || input.token_code) {
    return aws::fail(sts_error("AccessDenied", 403,
                               "MultiFactorAuthentication failed with invalid MFA one time pass "
                               "code."));
  }
  const auto& caller = context.principal;
  const bool chained = caller.kind == aws::Principal::Kind::kAssumedRole;
  if (chained && input.duration_seconds.value_or(kDefaultSeconds) > kChainedSeconds) {
    return aws::fail(
        validation_error("The requested DurationSeconds exceeds the 1 hour session limit for "
                         "roles assumed by role chaining."));
  }
  // Once set, a source identity stays through a chain of roles.
  if (input.source_identity && !caller.source_identity.empty() &&
      *input.source_identity != caller.source_identity) {
    return aws::fail(denied(context, *input.role_arn, "sts:SetSourceIdentity"));
  }
  return {};
}

// Whether `role` (nullopt: there is none) lets the caller in; answers the session's role id.
ApiResult<std::string> admit(const RequestContext& context, const Op::Input& input,
                             const iam::RoleArn& arn, const std::optional<iam::RoleRecord>& role,
                             bool any_role) {
  if (!role) {
    if (!any_role) return aws::fail(denied(context, *input.role_arn));
    return iam::stand_in_role_id(*input.role_arn, arn.account);
  }
  const auto trust =
      iam::trust_of(role->trust_policy, context.principal,
                    {.external_id = input.external_id ? std::string_view(*input.external_id) : "",
                     .session_name = *input.role_session_name,
                     .context = &context});
  if (trust != iam::Trust::kAccount && trust != iam::Trust::kNamed) {
    return aws::fail(denied(context, *input.role_arn));
  }
  if (input.duration_seconds.value_or(kDefaultSeconds) > role->max_session_seconds) {
    return aws::fail(validation_error(
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."));
  }
  return role->id;
}

// Session policies given by ARN must be there.
Task<ApiResult<void>> check_policies(Service& service, const iam::SessionClaims& claims) {
  iam::StorePrincipalPolicies policies(service.store);
  for (const auto& arn : claims.session_policy_arns) {
    auto reading = policies.managed_policy(arn);
    KILN_API_TRY(const auto text, "sts", co_await std::move(reading));
    if (!text) co_return aws::fail(validation_error("Policy " + arn + " was not found."));
  }
  co_return ApiResult<void>{};
}

Op::Output respond(const Op::Input& input, const iam::RoleArn& arn,
                   const iam::SessionClaims& claims, std::int32_t packed,
                   iam::TemporaryCredentials credentials) {
  Op::Output output;
  output.credentials = credentials_view(std::move(credentials));
  auto& user = output.assumed_role_user.emplace();
  user.assumed_role_id = claims.role_id + ':' + claims.session_name;
  user.arn =
      "arn:aws:sts::" + arn.account + ":assumed-role/" + arn.name + '/' + claims.session_name;
  if (packed > 0) output.packed_policy_size = packed;
  if (!claims.source_identity.empty()) output.source_identity = claims.source_identity;
  return output;
}

Task<ApiResult<Op::Output>> handle(Service& service, RequestContext context, Op::Input input) {
  const auto arn = iam::parse_role_arn(*input.role_arn);
  if (!arn) co_return aws::fail(validation_error(*input.role_arn + " is invalid"));
  if (auto good = check_input(context, input); !good) co_return aws::fail(good.error());
  iam::SessionClaims claims;
  claims.account = arn->account;
  claims.role_arn = *input.role_arn;
  claims.session_name = *input.role_session_name;
  claims.issued = context.now;
  const auto packed = fill_session(context.principal, input, claims);
  if (!packed) co_return aws::fail(packed.error());
  auto reading = service.store.read(iam::keys::role(arn->account, arn->name));
  KILN_API_TRY(const auto entry, "sts", co_await std::move(reading));
  std::optional<iam::RoleRecord> role;
  if (entry) {
    KILN_API_TRY(auto record, "sts", iam::decode_role(entry->value));
    if (record.arn(arn->account) == *input.role_arn) role = std::move(record);
  }
  auto role_id = admit(context, input, *arn, role, service.any_role);
  if (!role_id) co_return aws::fail(role_id.error());
  claims.role_id = std::move(*role_id);
  auto checking = check_policies(service, claims);
  if (auto good = co_await std::move(checking); !good) co_return aws::fail(good.error());
  const auto end = expiration(context, input.duration_seconds.value_or(kDefaultSeconds));
  co_return respond(input, *arn, claims, *packed, service.tokens.issue(claims, end));
}

std::map<std::string, std::vector<std::string>> condition_keys(const Op::Input& input) {
  std::map<std::string, std::vector<std::string>> keys;
  if (input.role_session_name) keys["sts:RoleSessionName"] = {*input.role_session_name};
  if (input.external_id) keys["sts:ExternalId"] = {*input.external_id};
  if (input.source_identity) keys["sts:SourceIdentity"] = {*input.source_identity};
  if (input.transitive_tag_keys) keys["sts:TransitiveTagKeys"] = *input.transitive_tag_keys;
  if (!input.tags) return keys;
  for (const auto& tag : *input.tags) {
    keys["aws:RequestTag/" + tag.key.value_or("")] = {tag.value.value_or("")};
    keys["aws:TagKeys"].push_back(tag.key.value_or(""));
  }
  return keys;
}

aws::Authorization authorize(const RequestContext&, const Op::Input& input) {
  const std::string role = input.role_arn.value_or("");
  aws::Authorization out{"sts:AssumeRole", role, condition_keys(input)};
  if (input.tags && !input.tags->empty()) {
    out.also({"sts:TagSession", role, condition_keys(input)});
  }
  if (input.source_identity) out.also({"sts:SetSourceIdentity", role, condition_keys(input)});
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kAssumeRole{authorize, handle};

}  // namespace kiln::sts_api
