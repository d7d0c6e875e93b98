// SPDX-License-Identifier: Apache-2.0
#pragma once
// PrincipalPolicies answers what a principal brings to a decision: its identity policies, its
// permissions boundary and its tags, as texts. Implemented over the store in
// store_principal_policies.h; cached by the authorizer, compiled, so it is asked when cold only.

#include "async/task.h"
#include "aws/request_context.h"
#include "base/result.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kiln::iam {

struct PolicyText {
  std::string name;  // "AWSLambda_FullAccess", or the name of an inline policy
  std::string arn;   // empty for inline policies
  std::string text;  // JSON
};

struct PrincipalGrants {
  // user: inline, attached, then inline and attached ones of its groups; role: inline, attached.
  std::vector<PolicyText> identity;
  // Set when the principal has a boundary. One whose policy is gone has an empty text: it allows
  // nothing.
  std::optional<PolicyText> boundary;
  // Of the user or role; session tags are in the principal.
  std::map<std::string, std::string> tags;
};

class PrincipalPolicies {
 public:
  virtual ~PrincipalPolicies() = default;
  // nullopt: the user or role is gone, or was made again with another id. Root, services and
  // anonymous callers have no policies: an empty value.
  virtual Task<Result<std::optional<PrincipalGrants>>> find(aws::Principal principal) = 0;
  // The default version of a managed policy, AWS's own or one of an account; nullopt when there is
  // none. Session policies are given by ARN.
  virtual Task<Result<std::optional<std::string>>> managed_policy(std::string arn) = 0;
};

}  // namespace kiln::iam
