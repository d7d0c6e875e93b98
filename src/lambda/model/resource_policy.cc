// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/resource_policy.h"

#include "aws/arn.h"
#include "gen/lambda/add_permission.h"
#include "gen/lambda/errors.h"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

namespace json = boost::json;

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

bool is_service(std::string_view principal) {
  const bool named = std::ranges::all_of(principal, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
  // Alexa's are "alexa-appkit.amazon.com" and the like.
  return named && !principal.starts_with('.') &&
         (principal.ends_with(".amazonaws.com") || principal.ends_with(".amazon.com") ||
          principal.ends_with(".amazonaws.com.cn"));
}

bool is_identity(std::string_view principal) {
  const auto arn = aws::parse_arn(principal);
  if (!arn || !aws::is_account_id(arn->account) || !arn->region.empty()) return false;
  const std::string_view resource = arn->resource;
  if (arn->service == "sts") {
    return resource.starts_with("assumed-role/") || resource.starts_with("federated-user/");
  }
  return arn->service == "iam" &&
         (resource == "root" || resource.starts_with("user/") || resource.starts_with("role/"));
}

void add_condition(json::object& conditions, std::string_view test, std::string_view key,
                   const std::optional<std::string>& value) {
  if (!value || value->empty()) return;
  auto& tests = conditions.emplace(view(test), json::object()).first->value().as_object();
  tests.emplace(view(key), *value);
}

json::object conditions_of(const gen::lambda::AddPermissionRequest& input) {
  json::object out;
  add_condition(out, "StringEquals", "lambda:FunctionUrlAuthType", input.function_url_auth_type);
  add_condition(out, "StringEquals", "aws:PrincipalOrgID", input.principal_org_id);
  add_condition(out, "StringEquals", "AWS:SourceAccount", input.source_account);
  add_condition(out, "StringEquals", "lambda:EventSourceToken", input.event_source_token);
  add_condition(out, "ArnLike", "AWS:SourceArn", input.source_arn);
  if (input.invoked_via_function_url.value_or(false)) {
    add_condition(out, "Bool", "lambda:InvokedViaFunctionUrl", "true");
  }
  return out;
}

json::object new_policy() {
  return {{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", json::array()}};
}

bool has_sid(const json::value& statement, std::string_view sid) {
  return statement.at("Sid").as_string() == view(sid);
}

}  // namespace

std::optional<std::string> principal_element(std::string_view principal) {
  const auto element = [](const char* type, std::string_view name) {
    return json::serialize(json::object{{type, view(name)}});
  };
  if (principal == "*") return R"("*")";
  if (aws::is_account_id(principal)) {
    return element("AWS", "arn:aws:iam::" + std::string(principal) + ":root");
  }
  if (is_service(principal)) return element("Service", principal);
  if (is_identity(principal)) return element("AWS", principal);
  return std::nullopt;
}

aws::ApiResult<std::string> make_statement(const gen::lambda::AddPermissionRequest& input,
                                           std::string_view resource_arn) {
  const auto principal = principal_element(*input.principal);
  if (!principal) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "The provided principal was invalid. Please check the principal and try again."));
  }
  json::object out{{"Sid", *input.statement_id},
                   {"Effect", "Allow"},
                   {"Principal", json::parse(*principal)},
                   {"Action", *input.action},
                   {"Resource", view(resource_arn)}};
  if (auto conditions = conditions_of(input); !conditions.empty()) {
    out.emplace("Condition", std::move(conditions));
  }
  return json::serialize(out);
}

aws::ApiResult<std::string> add_statement(std::string_view policy, std::string_view sid,
                                          std::string_view statement) {
  json::object out = policy.empty() ? new_policy() : json::parse(view(policy)).as_object();
  auto& statements = out.at("Statement").as_array();
  if (std::ranges::any_of(statements, [sid](const auto& s) { return has_sid(s, sid); })) {
    return aws::fail(gen::lambda::resource_conflict_exception(
        "The statement id (" + std::string(sid) +
        ") provided already exists. Please provide a new statement id, or remove the existing "
        "statement."));
  }
  statements.push_back(json::parse(view(statement)));
  std::string text = json::serialize(out);
  if (text.size() > kMaxPolicyBytes) {
    return aws::fail(gen::lambda::policy_length_exceeded_exception(
        "The final policy size (" + std::to_string(text.size()) + ") is bigger than the limit (" +
        std::to_string(kMaxPolicyBytes) + ")."));
  }
  return text;
}

aws::ApiResult<std::string> remove_statement(std::string_view policy, std::string_view sid) {
  json::object out = json::parse(view(policy)).as_object();
  auto& statements = out.at("Statement").as_array();
  const auto found =
      std::ranges::find_if(statements, [sid](const auto& s) { return has_sid(s, sid); });
  if (found == statements.end()) {
    return aws::fail(gen::lambda::resource_not_found_exception(
        "Statement " + std::string(sid) + " is not found in resource policy."));
  }
  statements.erase(found);
  if (statements.empty()) return std::string();
  return json::serialize(out);
}

}  // namespace kiln::lambda
