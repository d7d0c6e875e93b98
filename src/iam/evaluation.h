// SPDX-License-Identifier: Apache-2.0
#pragma once
// The decision of IAM as a pure function: no clock, no store, no log. Work is bounded by the size
// of the policies and of the question.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

#include "aws/request_context.h"
#include "iam/policy.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::iam {

struct Question {
  const aws::Principal& principal;
  std::string action;  // lower case: "lambda:invokefunction"
  // Spellings of the one resource; a pattern that fits any of them fits it. Empty: is there a
  // resource on which it is allowed? Then a Deny counts only when it is for all resources.
  std::vector<std::string> resources;
  std::string owner;  // the account that has the resource
  const ConditionKeys& keys;
};

// What applies to the question. Pointers are never null unless said.
struct PolicySet {
  std::vector<PolicyPtr> identity;
  PolicyPtr boundary;  // null: none
  std::vector<PolicyPtr> session;
  bool has_session = false;
  PolicyPtr resource;  // null: none
  // Role trust: without a grant of the resource policy nobody passes, whatever its account.
  bool resource_decides = false;
};

enum class PolicyType : std::uint8_t { kIdentity, kResource, kBoundary, kSession };

struct Verdict {
  bool allowed = false;
  bool explicit_deny = false;
  PolicyType by = PolicyType::kIdentity;  // the type that a denial names
  // A condition or variable was looked at: another request may be decided otherwise.
  bool depends_on_request = false;
};
Verdict evaluate(const Question& question, const PolicySet& policies);

// How a statement's Principal fits a caller, weakest first.
enum class Named : std::uint8_t {
  kNo,
  kAccount,  // its account: identity policies decide as well
  kRole,     // the role of its session: boundary and session policies still limit
  kItself,   // the user, the session, the service, or everybody
};
// `bounded`: the caller has a permissions boundary; NotPrincipal with Deny then always fits.
Named principal_match(const PrincipalElement& element, bool deny, const aws::Principal& caller,
                      bool bounded);

// What one policy says.
struct Effect {
  bool denied = false;
  Named granted = Named::kNo;
  bool depends_on_request = false;
};
// Identity policies have no Principal; their grants are kItself.
Effect effect_of(const Policy& policy, const Question& question, bool bounded);

}  // namespace kiln::iam
