// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/model/policy_statements.h"

#include "aws/arn.h"
#include "gen/sqs/errors.h"
#include "services/sqs/model/redrive.h"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace kiln::sqs {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxActions = 7;
constexpr std::size_t kMaxLabel = 80;
constexpr std::string_view kActions[] = {"*",
                                         "SendMessage",
                                         "ReceiveMessage",
                                         "DeleteMessage",
                                         "ChangeMessageVisibility",
                                         "GetQueueAttributes",
                                         "GetQueueUrl",
                                         "ListDeadLetterSourceQueues",
                                         "PurgeQueue"};

json::value parse(std::string_view text) {
  json::error_code error;
  return json::parse(json::string_view(text.data(), text.size()), error);
}

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

bool has_label(const json::value& statement, std::string_view label) {
  const auto* object = statement.if_object();
  const auto* sid = object ? object->if_contains("Sid") : nullptr;
  return sid && sid->is_string() && sid->get_string() == view(label);
}

// The statements, as the list that one alone may stand for.
json::array statements_of(const json::object& policy) {
  const auto* found = policy.if_contains("Statement");
  if (found == nullptr) return {};
  return found->is_array() ? found->get_array() : json::array{*found};
}

// One alone is no list.
json::value one_or_many(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return json::value(view(texts.front()));
  json::array out;
  for (const std::string& text : texts) out.emplace_back(view(text));
  return out;
}

aws::ApiResult<void> check(const NewStatement& statement) {
  const auto label_character = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  };
  if (statement.label.size() > kMaxLabel ||
      !std::ranges::all_of(statement.label, label_character)) {
    return aws::fail(invalid_parameter(statement.label, "Label",
                                       "Can only include alphanumeric characters, hyphens, or "
                                       "underscores. 1 to 80 in length."));
  }
  if (statement.actions.size() > kMaxActions) {
    return aws::fail(gen::sqs::over_limit(std::to_string(statement.actions.size()) +
                                          " Actions were found, maximum allowed is 7."));
  }
  for (const std::string& action : statement.actions) {
    if (std::ranges::find(kActions, action) != std::end(kActions)) continue;
    return aws::fail(invalid_parameter("SQS:" + action, "ActionName",
                                       "Only the queue owner is allowed to invoke this action."));
  }
  for (const std::string& account : statement.accounts) {
    if (aws::is_account_id(account)) continue;
    return aws::fail(invalid_parameter("[" + account + "]", "PrincipalId", "Unable to verify."));
  }
  return {};
}

}  // namespace

aws::ApiResult<std::string> with_statement(const QueueName& queue, std::string_view policy,
                                           const NewStatement& statement) {
  if (auto checked = check(statement); !checked) return aws::fail(std::move(checked.error()));
  json::object document{{"Version", "2012-10-17"}, {"Id", queue.arn() + "/SQSDefaultPolicy"}};
  if (json::value existing = parse(policy); existing.is_object()) {
    document = std::move(existing.get_object());
  }
  json::array statements = statements_of(document);
  for (const auto& other : statements) {
    if (!has_label(other, statement.label)) continue;
    return aws::fail(invalid_parameter(statement.label, "Label", "Already exists."));
  }
  std::vector<std::string> principals;
  for (const std::string& account : statement.accounts) {
    principals.push_back("arn:aws:iam::" + account + ":root");
  }
  std::vector<std::string> actions;
  for (const std::string& action : statement.actions) actions.push_back("SQS:" + action);
  statements.push_back(json::object{{"Sid", view(statement.label)},
                                    {"Effect", "Allow"},
                                    {"Principal", json::object{{"AWS", one_or_many(principals)}}},
                                    {"Action", one_or_many(actions)},
                                    {"Resource", queue.arn()}});
  document["Statement"] = std::move(statements);
  return std::string(json::serialize(document));
}

aws::ApiResult<std::string> without_statement(std::string_view policy, std::string_view label) {
  json::value existing = parse(policy);
  json::array kept;
  bool found = false;
  if (const auto* document = existing.if_object()) {
    for (const auto& statement : statements_of(*document)) {
      if (has_label(statement, label)) {
        found = true;
      } else {
        kept.push_back(statement);
      }
    }
  }
  if (!found) {
    return aws::fail(invalid_parameter(label, "Label", "can't find label on existing policy."));
  }
  if (kept.empty()) return std::string();
  existing.get_object()["Statement"] = std::move(kept);
  return std::string(json::serialize(existing));
}

}  // namespace kiln::sqs
