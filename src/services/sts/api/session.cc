// SPDX-License-Identifier: Apache-2.0
#include "services/sts/api/session.h"

#include "aws/arn.h"
#include "gen/sts/errors.h"
#include "iam/keys.h"
#include "iam/policy_document.h"

#include <algorithm>
#include <set>

namespace kiln::sts_api {
namespace {

using aws::ApiResult;
using Input = gen::sts::AssumeRoleRequest;

constexpr std::size_t kMaxPolicyCharacters = 2'048;
constexpr std::size_t kMaxPolicyArns = 10;
constexpr std::size_t kMaxTags = 50;
// AWS packs policies and tags into a binary form whose limit it does not tell. Here they are
// counted as they are.
constexpr std::size_t kMaxPackedBytes = 4'096;

ApiResult<void> check_policies(const Input& input, const std::string& account) {
  std::size_t size = 0;
  if (input.policy) {
    if (auto fault = iam::policy_fault(*input.policy, iam::PolicyKind::kIdentity)) {
      return aws::fail(gen::sts::malformed_policy_document_exception(std::move(*fault)));
    }
    size += input.policy->size();
  }
  if (input.policy_arns) {
    if (input.policy_arns->size() > kMaxPolicyArns) {
      return aws::fail(
          validation_error("1 validation error detected: Value at 'policyArns' failed to satisfy "
                           "constraint: Member must have length less than or equal to 10"));
    }
    for (const auto& policy : *input.policy_arns) {
      const auto arn = aws::parse_arn(policy.arn.value_or(""));
      if (!arn || arn->service != "iam" || !arn->resource.starts_with("policy/") ||
          (arn->account != "aws" && arn->account != account)) {
        return aws::fail(validation_error("ARN " + policy.arn.value_or("") + " is not valid."));
      }
      size += policy.arn->size();
    }
  }
  if (size <= kMaxPolicyCharacters) return {};
  return aws::fail(gen::sts::packed_policy_too_large_exception(
      "The session policies are longer than 2048 characters."));
}

ApiResult<void> check_tags(const Input& input) {
  std::set<std::string> keys;
  if (input.tags) {
    if (input.tags->size() > kMaxTags) {
      return aws::fail(
          validation_error("1 validation error detected: Value at 'tags' failed to satisfy "
                           "constraint: Member must have length less than or equal to 50"));
    }
    for (const auto& tag : *input.tags) {
      const std::string key = iam::keys::fold(tag.key.value_or(""));
      if (key.starts_with("aws:")) {
        return aws::fail(
            sts_error("InvalidParameterValue", 400,
                      "Tag keys that begin with 'aws:' are reserved for system use: " + *tag.key));
      }
      if (!keys.insert(key).second) {
        return aws::fail(
            sts_error("InvalidParameterValue", 400,
                      "Duplicate tag keys found. Please note that Tag keys are case insensitive."));
      }
    }
  }
  if (!input.transitive_tag_keys) return {};
  for (const auto& key : *input.transitive_tag_keys) {
    if (!keys.contains(iam::keys::fold(key))) {
      return aws::fail(
          sts_error("InvalidParameterValue", 400,
                    "The specified transitive tag key must be included in the requested tags."));
    }
  }
  return {};
}

// The caller's transitive tags first: they can't be given anew.
ApiResult<void> fill_tags(const aws::Principal& caller, const Input& input,
                          iam::SessionClaims& claims) {
  std::set<std::string> inherited;
  for (const auto& key : caller.transitive_tag_keys) {
    const auto tag = caller.session_tags.find(key);
    if (tag == caller.session_tags.end()) continue;
    claims.session_tags.insert(*tag);
    claims.transitive_tag_keys.push_back(key);
    inherited.insert(iam::keys::fold(key));
  }
  if (!input.tags) return {};
  for (const auto& tag : *input.tags) {
    if (inherited.contains(iam::keys::fold(*tag.key))) {
      return aws::fail(sts_error("InvalidParameterValue", 400,
                                 "One of the specified transitive tag keys can't be set because it "
                                 "conflicts with a transitive tag key from the calling session."));
    }
    claims.session_tags.emplace(*tag.key, tag.value.value_or(""));
  }
  for (const auto& [key, value] : claims.session_tags) {
    if (!input.transitive_tag_keys || inherited.contains(iam::keys::fold(key))) continue;
    const auto names_it = [&key](const std::string& other) {
      return iam::keys::fold(other) == iam::keys::fold(key);
    };
    if (std::ranges::any_of(*input.transitive_tag_keys, names_it)) {
      claims.transitive_tag_keys.push_back(key);
    }
  }
  return {};
}

}  // namespace

aws::ApiError sts_error(std::string code, int status, std::string message) {
  aws::ApiError out;
  out.code = std::move(code);
  out.http_status = status;
  out.message = std::move(message);
  return out;
}

aws::ApiError validation_error(std::string message) {
  return sts_error("ValidationError", 400, std::move(message));
}

ApiResult<std::int32_t> fill_session(const aws::Principal& caller, const Input& input,
                                     iam::SessionClaims& claims) {
  if (auto good = check_policies(input, claims.account); !good) return aws::fail(good.error());
  if (auto good = check_tags(input); !good) return aws::fail(good.error());
  if (auto good = fill_tags(caller, input, claims); !good) return aws::fail(good.error());
  std::size_t packed = 0;
  if (input.policy) claims.session_policies.push_back(*input.policy);
  if (input.policy_arns) {
    for (const auto& policy : *input.policy_arns) claims.session_policy_arns.push_back(*policy.arn);
  }
  for (const auto& policy : claims.session_policies) packed += policy.size();
  for (const auto& arn : claims.session_policy_arns) packed += arn.size();
  for (const auto& [key, value] : claims.session_tags) packed += key.size() + value.size();
  const std::size_t percent = (packed * 100 + kMaxPackedBytes - 1) / kMaxPackedBytes;
  if (percent > 100) {
    return aws::fail(gen::sts::packed_policy_too_large_exception(
        "Packed policy consumes " + std::to_string(percent) +
        "% of allotted space, please use smaller policy."));
  }
  claims.source_identity = input.source_identity.value_or(caller.source_identity);
  return static_cast<std::int32_t>(percent);
}

gen::sts::Credentials credentials_view(iam::TemporaryCredentials credentials) {
  gen::sts::Credentials out;
  out.access_key_id = std::move(credentials.access_key_id);
  out.secret_access_key = std::move(credentials.secret_access_key);
  out.session_token = std::move(credentials.session_token);
  out.expiration = credentials.expiration;
  return out;
}

Timestamp expiration(const aws::RequestContext& context, std::int64_t seconds) {
  return {(context.now.ms / 1'000 + seconds) * 1'000};
}

}  // namespace kiln::sts_api
