// SPDX-License-Identifier: Apache-2.0
#include "iam/evaluation.h"

#include <algorithm>
#include <span>

namespace kiln::iam {
namespace {

using Kind = aws::Principal::Kind;

Effect effect_of_all(std::span<const PolicyPtr> policies, const Question& question) {
  Effect out;
  for (const auto& policy : policies) {
    const Effect one = effect_of(*policy, question, false);
    out.denied = out.denied || one.denied;
    out.granted = std::max(out.granted, one.granted);
    out.depends_on_request = out.depends_on_request || one.depends_on_request;
  }
  return out;
}

// What each type of policy says of a question.
struct Effects {
  Effect identity, resource, boundary, session;
  bool has_boundary = false, has_session = false;

  bool depends_on_request() const {
    return identity.depends_on_request || resource.depends_on_request ||
           boundary.depends_on_request || session.depends_on_request;
  }
};

Effects effects_of(const Question& question, const PolicySet& policies) {
  Effects out;
  out.has_boundary = policies.boundary != nullptr;
  out.has_session = policies.has_session;
  out.identity = effect_of_all(policies.identity, question);
  if (policies.boundary) out.boundary = effect_of(*policies.boundary, question, false);
  out.session = effect_of_all(policies.session, question);
  if (policies.resource) {
    out.resource = effect_of(*policies.resource, question, out.has_boundary);
  }
  return out;
}

Verdict allow() { return {.allowed = true}; }
Verdict implicit(PolicyType by) { return {.by = by}; }

// The caller's own side. Root needs no policy and has no limits.
Verdict own_side(const Question& question, const Effects& effects, Named granted) {
  if (question.principal.kind == Kind::kRoot || granted == Named::kItself) return allow();
  // A federated session has what its user and its session policy both allow.
  if (question.principal.kind == Kind::kFederatedUser && !effects.has_session) {
    return implicit(PolicyType::kSession);
  }
  if (granted != Named::kRole && effects.identity.granted == Named::kNo) {
    return implicit(PolicyType::kIdentity);
  }
  if (effects.has_boundary && effects.boundary.granted == Named::kNo) {
    return implicit(PolicyType::kBoundary);
  }
  if (effects.has_session && effects.session.granted == Named::kNo) {
    return implicit(PolicyType::kSession);
  }
  return allow();
}

Verdict decide(const Question& question, const PolicySet& policies, const Effects& effects) {
  if (effects.identity.denied) return {.explicit_deny = true, .by = PolicyType::kIdentity};
  if (effects.resource.denied) return {.explicit_deny = true, .by = PolicyType::kResource};
  if (effects.boundary.denied) return {.explicit_deny = true, .by = PolicyType::kBoundary};
  if (effects.session.denied) return {.explicit_deny = true, .by = PolicyType::kSession};
  const Named granted = effects.resource.granted;
  const Kind kind = question.principal.kind;
  if (kind == Kind::kService || kind == Kind::kAnonymous) {
    return granted == Named::kItself ? allow() : implicit(PolicyType::kResource);
  }
  const bool same_account = question.principal.account == question.owner;
  if (same_account) {
    if (policies.resource_decides && granted == Named::kNo) return implicit(PolicyType::kResource);
    return own_side(question, effects, granted);
  }
  // Both accounts must agree, so a grant by name saves no identity policy.
  const Verdict own = own_side(question, effects, Named::kNo);
  if (!own.allowed) return own;
  return granted == Named::kNo ? implicit(PolicyType::kResource) : allow();
}

}  // namespace

Verdict evaluate(const Question& question, const PolicySet& policies) {
  const Effects effects = effects_of(question, policies);
  Verdict out = decide(question, policies, effects);
  out.depends_on_request = effects.depends_on_request();
  return out;
}

}  // namespace kiln::iam
