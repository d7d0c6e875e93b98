// SPDX-License-Identifier: Apache-2.0
// The access policy of a topic as AddPermission and RemovePermission change it.
#include "aws/arn.h"
#include "base/encoding.h"
#include "services/sns/model/errors.h"
#include "services/sns/model/topic_attributes.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace kiln::sns {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 8> kActions = {"GetTopicAttributes",
                                                      "SetTopicAttributes",
                                                      "AddPermission",
                                                      "RemovePermission",
                                                      "DeleteTopic",
                                                      "Subscribe",
                                                      "ListSubscriptionsByTopic",
                                                      "Publish"};

// The stored policy was checked when it was set.
json::object policy_of(const TopicName& name, const Topic& topic) {
  const std::string set = attribute_of(topic, "Policy");
  boost::system::error_code failed;
  auto parsed = json::parse(set.empty() ? default_policy(name) : set, failed);
  if (failed || !parsed.is_object()) return {};
  return std::move(parsed.as_object());
}

// "Statement" may be one object.
json::array statements_of(json::object& policy) {
  auto& value = policy["Statement"];
  if (value.is_object()) return json::array{value};
  return value.is_array() ? value.as_array() : json::array{};
}

bool has_label(const json::value& statement, std::string_view label) {
  const auto* object = statement.if_object();
  const auto* sid = object ? object->if_contains("Sid") : nullptr;
  const auto* text = sid ? sid->if_string() : nullptr;
  return text && std::string_view(*text) == label;
}

void one_or_many(json::value& out, const json::array& values) {
  if (values.size() == 1) {
    out = values.front();
  } else {
    out = values;
  }
}

}  // namespace

std::string default_policy(const TopicName& name) {
  std::string actions;
  for (const auto action : kActions) {
    if (!actions.empty()) actions += ",";
    actions.append("\"SNS:").append(action).append("\"");
  }
  return R"({"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":)"
         R"("__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":[)" +
         actions + R"(],"Resource":")" + arn_of(name) +
         R"(","Condition":{"StringEquals":{"AWS:SourceOwner":")" + name.account + R"("}}}]})";
}

aws::ApiResult<void> add_statement(const TopicName& name, Topic& topic, std::string_view label,
                                   const std::vector<std::string>& accounts,
                                   const std::vector<std::string>& actions) {
  json::array principals;
  for (const auto& account : accounts) {
    if (!aws::is_account_id(account))
      return aws::fail(invalid_parameter("Policy Error: PrincipalNotFound"));
    principals.emplace_back("arn:aws:iam::" + account + ":root");
  }
  json::array allowed;
  for (const auto& action : actions) {
    if (std::ranges::find(kActions, action) == kActions.end()) {
      return aws::fail(invalid_parameter("Policy statement action out of service scope!"));
    }
    allowed.emplace_back("SNS:" + action);
  }
  if (principals.empty() || allowed.empty())
    return aws::fail(invalid_parameter("Policy Error: null"));
  json::object policy = policy_of(name, topic);
  json::array statements = statements_of(policy);
  for (const auto& statement : statements) {
    if (has_label(statement, label))
      return aws::fail(invalid_parameter("Statement already exists"));
  }
  json::object statement{{"Sid", json::value(label)}, {"Effect", "Allow"}};
  one_or_many(statement["Principal"].emplace_object()["AWS"], principals);
  one_or_many(statement["Action"], allowed);
  statement["Resource"] = arn_of(name);
  statements.push_back(std::move(statement));
  policy["Statement"] = std::move(statements);
  return set_attribute(name, topic, "Policy", json::serialize(policy));
}

aws::ApiResult<void> remove_statement(const TopicName& name, Topic& topic, std::string_view label) {
  json::object policy = policy_of(name, topic);
  json::array kept;
  for (const auto& statement : statements_of(policy)) {
    if (!has_label(statement, label)) kept.push_back(statement);
  }
  policy["Statement"] = std::move(kept);
  return set_attribute(name, topic, "Policy", json::serialize(policy));
}

}  // namespace kiln::sns
