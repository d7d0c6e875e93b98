// SPDX-License-Identifier: Apache-2.0
#include "iam/evaluation.h"
#include "iam/policy_document.h"
#include "iam/request_keys.h"

namespace kiln::iam {
namespace {

// A service assumes a role on behalf of a resource that is not known when the role is chosen, so
// conditions on that resource are taken to hold.
class TrustKeys final : public ConditionKeys {
 public:
  TrustKeys(const RequestKeys& keys, bool for_service) : keys_(keys), for_service_(for_service) {}
  std::optional<std::vector<std::string>> find(std::string_view key) const override {
    return keys_.find(key);
  }
  bool assumed(std::string_view key) const override {
    return for_service_ && (key == "aws:sourceaccount" || key == "aws:sourcearn");
  }

 private:
  const RequestKeys& keys_;
  bool for_service_;
};

}  // namespace

Trust trust_of(std::string_view trust_policy, const aws::Principal& caller,
               const TrustRequest& request) {
  const auto policy = compile_policy(trust_policy);
  if (!policy) return Trust::kNone;
  aws::RequestContext context;
  if (request.context) context = *request.context;
  context.principal = caller;
  std::map<std::string, std::vector<std::string>> own_keys;
  if (!request.external_id.empty()) {
    own_keys["sts:ExternalId"] = {std::string(request.external_id)};
  }
  if (!request.session_name.empty()) {
    own_keys["sts:RoleSessionName"] = {std::string(request.session_name)};
  }
  const RequestFacts facts{.context = context, .own_keys = own_keys, .owner = caller.account};
  const RequestKeys request_keys(facts);
  const TrustKeys keys(request_keys, caller.kind == aws::Principal::Kind::kService);
  const Question question{.principal = caller,
                          .action = "sts:assumerole",
                          .resources = {},
                          .owner = caller.account,
                          .keys = keys};
  const Effect effect = effect_of(*policy, question, false);
  if (effect.denied) return Trust::kDenied;
  if (effect.granted == Named::kNo) return Trust::kNone;
  return effect.granted == Named::kAccount ? Trust::kAccount : Trust::kNamed;
}

bool trusts_service(std::string_view trust_policy, std::string_view service) {
  aws::Principal caller;
  caller.kind = aws::Principal::Kind::kService;
  caller.service = service;
  return trust_of(trust_policy, caller, {}) == Trust::kNamed;
}

}  // namespace kiln::iam
