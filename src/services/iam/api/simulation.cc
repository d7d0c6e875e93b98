// SPDX-License-Identifier: Apache-2.0
#include "services/iam/api/simulation.h"

#include "aws/arn.h"
#include "iam/evaluation.h"

#include <set>

namespace kiln::iam_api {
namespace {

using gen::iam::EvaluationResult;

// The context entries of the request; remembers which keys policies asked for in vain.
class GivenKeys final : public iam::ConditionKeys {
 public:
  explicit GivenKeys(const std::map<std::string, std::vector<std::string>>& given)
      : given_(given) {}
  std::optional<std::vector<std::string>> find(std::string_view key) const override {
    const auto at = given_.find(std::string(key));
    if (at != given_.end()) return at->second;
    missing_.emplace(key);
    return std::nullopt;
  }
  std::vector<std::string> missing() const { return {missing_.begin(), missing_.end()}; }

 private:
  const std::map<std::string, std::vector<std::string>>& given_;
  mutable std::set<std::string> missing_;
};

// Statements as the answer names them: by their policy, without a position in its text.
std::vector<gen::iam::Statement> matched(const Simulation& simulation,
                                         const iam::Question& question, bool denied) {
  std::vector<gen::iam::Statement> out;
  const auto add = [&](const iam::Policy& policy, const std::string& id, const std::string& type) {
    const auto effect = iam::effect_of(policy, question, simulation.boundary != nullptr);
    if (!(denied ? effect.denied : effect.granted != iam::Named::kNo)) return;
    gen::iam::Statement statement;
    statement.source_policy_id = id;
    statement.source_policy_type = type;
    out.push_back(std::move(statement));
  };
  for (const auto& one : simulation.identity) add(*one.policy, one.id, one.type);
  if (simulation.resource) add(*simulation.resource, "ResourcePolicy", "resource");
  return out;
}

EvaluationResult simulate_one(const Simulation& simulation, const iam::PolicySet& policies,
                              const std::string& action, const std::string& resource) {
  const GivenKeys keys(simulation.context);
  const iam::Question question{.principal = simulation.caller,
                               .action = iam::keys::fold(action),
                               .resources = {resource},
                               .owner = simulation.owner,
                               .keys = keys};
  const auto verdict = iam::evaluate(question, policies);
  EvaluationResult out;
  out.eval_action_name = action;
  out.eval_resource_name = resource;
  out.eval_decision = verdict.allowed         ? "allowed"
                      : verdict.explicit_deny ? "explicitDeny"
                                              : "implicitDeny";
  out.matched_statements.emplace();
  if (verdict.allowed || verdict.explicit_deny) {
    out.matched_statements = matched(simulation, question, verdict.explicit_deny);
  }
  out.missing_context_values = keys.missing();
  if (simulation.boundary) {
    const auto effect = iam::effect_of(*simulation.boundary, question, false);
    out.permissions_boundary_decision_detail.emplace();
    out.permissions_boundary_decision_detail->allowed_by_permissions_boundary =
        !effect.denied && effect.granted != iam::Named::kNo;
  }
  return out;
}

}  // namespace

ApiResult<iam::PolicyPtr> compile_input(const std::string& text) {
  auto policy = iam::compile_policy(text);
  if (!policy) {
    return aws::fail(gen::iam::invalid_input_exception("Invalid policy: " + text.substr(0, 256)));
  }
  return std::make_shared<const iam::Policy>(std::move(*policy));
}

ApiResult<aws::Principal> simulated_caller(const std::string& arn) {
  const auto parsed = aws::parse_arn(arn);
  if (!parsed || parsed->service != "iam" || !parsed->resource.starts_with("user/")) {
    return aws::fail(gen::iam::invalid_input_exception("Invalid caller: " + arn));
  }
  aws::Principal out;
  out.kind = aws::Principal::Kind::kUser;
  out.account = parsed->account;
  out.arn = arn;
  return out;
}

std::vector<EvaluationResult> simulate(const Simulation& simulation, std::size_t begin,
                                       std::size_t limit) {
  iam::PolicySet policies;
  for (const auto& one : simulation.identity) policies.identity.push_back(one.policy);
  policies.boundary = simulation.boundary;
  policies.resource = simulation.resource;
  std::vector<EvaluationResult> out;
  const std::size_t resources = simulation.resources.size();
  const std::size_t total = simulation.actions.size() * resources;
  for (std::size_t i = begin; i < total && out.size() < limit; ++i) {
    out.push_back(simulate_one(simulation, policies, simulation.actions[i / resources],
                               simulation.resources[i % resources]));
  }
  return out;
}

}  // namespace kiln::iam_api
