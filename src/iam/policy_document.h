// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks the text of IAM policies and reads trust policies. Pure functions.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

#include "aws/request_context.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::iam {

enum class PolicyKind { kIdentity, kTrust };

// AWS's message for the first fault (MalformedPolicyDocument), in AWS's order of checks; nullopt
// when there is none. Repeated keys of one object are not noticed (AWS refuses them).
std::optional<std::string> policy_fault(std::string_view text, PolicyKind kind);

// Characters that are not white space: what quotas count.
std::size_t policy_size(std::string_view text);

// How a caller stands to a role's trust policy.
enum class Trust {
  kDenied,   // an explicit deny names it
  kNone,     // nothing names it
  kAccount,  // its whole account is named: identity policies decide as well
  kNamed,    // it is named itself, or everybody is
};
struct TrustRequest {
  std::string_view external_id;   // sts:ExternalId, empty when not sent
  std::string_view session_name;  // sts:RoleSessionName
  // Where global condition keys come from; without it those that are not of the caller are absent.
  const aws::RequestContext* context = nullptr;
};
// All conditions are evaluated; for a service, aws:SourceAccount and aws:SourceArn hold.
Trust trust_of(std::string_view trust_policy, const aws::Principal& caller,
               const TrustRequest& request);
// Whether the policy lets `service` ("lambda.amazonaws.com") assume the role.
bool trusts_service(std::string_view trust_policy, std::string_view service);

}  // namespace kiln::iam
