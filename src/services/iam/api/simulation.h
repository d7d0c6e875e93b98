// SPDX-License-Identifier: Apache-2.0
#pragma once
// What policies would say: each action on each resource, without asking anybody. Pure but for
// reading the policies of a principal, which its operation does.

#include "iam/policy.h"
#include "services/iam/api/common.h"

#include <map>
#include <string>
#include <vector>

namespace kiln::iam_api {

struct SimulatedPolicy {
  std::string id;  // SourcePolicyId
  std::string
      type;  // SourcePolicyType: "user", "group", "role", "aws-managed", "user-managed", ...
  iam::PolicyPtr policy;
};

struct Simulation {
  aws::Principal caller;
  std::vector<SimulatedPolicy> identity;
  iam::PolicyPtr boundary;  // null: none
  iam::PolicyPtr resource;  // null: none
  std::string owner;        // account of the resources
  std::vector<std::string> actions;
  std::vector<std::string> resources;
  std::map<std::string, std::vector<std::string>> context;  // keys in lower case
};

// InvalidInput, naming the text, for a document that is no policy.
ApiResult<iam::PolicyPtr> compile_input(const std::string& text);
// The user that CallerArn names. InvalidInput when it names something else.
ApiResult<aws::Principal> simulated_caller(const std::string& arn);

// Results of actions x resources, from the one numbered `begin`: at most `limit`.
std::vector<gen::iam::EvaluationResult> simulate(const Simulation& simulation, std::size_t begin,
                                                 std::size_t limit);

// Actions, resources, context, resource policy and further documents of either operation's input.
template <class Input>
ApiResult<void> read_input(const RequestContext& context, const Input& input, Simulation& out) {
  out.actions = *input.action_names;
  out.resources = input.resource_arns.value_or(std::vector<std::string>{"*"});
  if (out.resources.empty()) out.resources = {"*"};
  if (input.context_entries) {
    for (const auto& entry : *input.context_entries) {
      out.context[iam::keys::fold(entry.context_key_name.value_or(""))] =
          entry.context_key_values.value_or(std::vector<std::string>{});
    }
  }
  if (input.policy_input_list) {
    for (const auto& text : *input.policy_input_list) {
      auto policy = compile_input(text);
      if (!policy) return aws::fail(std::move(policy.error()));
      out.identity.push_back({"PolicyInputList." + std::to_string(out.identity.size() + 1), "none",
                              std::move(*policy)});
    }
  }
  if (const auto& bounds = input.permissions_boundary_policy_input_list;
      bounds && !bounds->empty()) {
    auto policy = compile_input(bounds->front());
    if (!policy) return aws::fail(std::move(policy.error()));
    out.boundary = std::move(*policy);
  }
  if (input.resource_policy) {
    auto policy = compile_input(*input.resource_policy);
    if (!policy) return aws::fail(std::move(policy.error()));
    out.resource = std::move(*policy);
  }
  if (input.caller_arn) {
    auto caller = simulated_caller(*input.caller_arn);
    if (!caller) return aws::fail(std::move(caller.error()));
    out.caller = std::move(*caller);
  }
  out.owner = out.caller.account.empty() ? context.account : out.caller.account;
  if (input.resource_owner) out.owner = *input.resource_owner;
  if (out.owner.starts_with("arn:aws:iam::")) out.owner = out.owner.substr(13, 12);
  return {};
}

// One page of the answer; only what it shows is evaluated.
template <class Output>
Output simulation_page(const Simulation& simulation, const PageRequest& page) {
  std::size_t begin = 0;
  for (const char c : page.after.substr(0, 12)) {
    begin = begin * 10 + static_cast<std::size_t>(c >= '0' && c <= '9' ? c - '0' : 0);
  }
  Output output;
  output.evaluation_results = simulate(simulation, begin, page.limit);
  const std::size_t end = begin + page.limit;
  output.is_truncated = end < simulation.actions.size() * simulation.resources.size();
  if (*output.is_truncated) output.marker = marker_after(std::to_string(end));
  return output;
}

}  // namespace kiln::iam_api
