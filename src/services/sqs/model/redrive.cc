// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/model/redrive.h"

#include "iam/policy.h"
#include "services/sqs/model/attributes.h"

#include <boost/json.hpp>

#include <charconv>
#include <string>
#include <utility>

namespace kiln::sqs {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxPolicyBytes = 8'192;
constexpr std::size_t kMaxSources = 10;
constexpr std::int64_t kMaxReceiveCount = 1'000;
constexpr std::size_t kMaxStatements = 20;
constexpr std::size_t kMaxPrincipals = 50;
constexpr std::size_t kMaxConditions = 10;
constexpr std::size_t kMaxActions = 7;

std::optional<json::object> parse_object(std::string_view text) {
  json::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

std::string text_member(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(json::string_view(name.data(), name.size()));
  return found && found->is_string() ? std::string(view(found->get_string())) : std::string();
}

// Clients send it as a number or as its text.
std::optional<std::int64_t> receive_count(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = view(value.get_string());
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::size_t size_of(const json::value* one_or_many) {
  if (one_or_many == nullptr) return 0;
  return one_or_many->is_array() ? one_or_many->get_array().size() : 1;
}

bool within_bounds(const json::value& statement) {
  const auto* object = statement.if_object();
  if (object == nullptr) return true;  // the compiler has refused it
  std::size_t principals = 0;
  if (const auto* principal = object->if_contains("Principal")) {
    if (const auto* kinds = principal->if_object()) {
      for (const auto& kind : *kinds) principals += size_of(&kind.value());
    }
  }
  const auto* conditions = object->if_contains("Condition");
  const std::size_t condition_count =
      conditions && conditions->is_object() ? conditions->get_object().size() : 0;
  return principals <= kMaxPrincipals && condition_count <= kMaxConditions &&
         size_of(object->if_contains("Action")) <= kMaxActions;
}

}  // namespace

aws::ApiError invalid_parameter(std::string_view value, std::string_view parameter,
                                std::string_view reason) {
  return {"InvalidParameterValue", 400,
          "Value " + std::string(value) + " for parameter " + std::string(parameter) +
              " is invalid. Reason: " + std::string(reason)};
}

std::optional<RedrivePolicy> parse_redrive_policy(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto object = parse_object(text);
  if (!object) return std::nullopt;
  const auto* count = object->if_contains("maxReceiveCount");
  const auto number = count ? receive_count(*count) : std::nullopt;
  std::string arn = text_member(*object, "deadLetterTargetArn");
  if (!number || *number < 1 || *number > kMaxReceiveCount || !parse_queue_arn(arn)) {
    return std::nullopt;
  }
  return RedrivePolicy{std::move(arn), static_cast<int>(*number)};
}

std::optional<aws::ApiError> redrive_policy_fault(const QueueName& queue, std::string_view text) {
  const auto invalid = [text](std::string_view reason) {
    return invalid_parameter(text, "RedrivePolicy", reason);
  };
  const auto object = parse_object(text);
  if (!object) return invalid("Redrive policy is not a valid JSON map.");
  for (const char* name : {"maxReceiveCount", "deadLetterTargetArn"}) {
    if (!object->if_contains(name)) {
      return invalid("Redrive policy does not contain mandatory attribute: " + std::string(name) +
                     ".");
    }
  }
  const auto& count = object->at("maxReceiveCount");
  const auto number = receive_count(count);
  if (!number || *number < 1 || *number > kMaxReceiveCount) {
    const std::string shown = count.is_string() ? std::string(view(count.get_string()))
                                                : std::string(json::serialize(count));
    return invalid("Invalid value for maxReceiveCount: " + shown +
                   ", valid values are from 1 to 1000 both inclusive.");
  }
  const auto target = parse_queue_arn(text_member(*object, "deadLetterTargetArn"));
  if (!target) return invalid("Invalid value for deadLetterTargetArn.");
  if (target->account != queue.account || target->region != queue.region) {
    return invalid("Dead-letter queue must be in the same account and region as the source.");
  }
  if (target->name.ends_with(".fifo") != queue.name.ends_with(".fifo")) {
    return invalid("Dead-letter queue must be same type of queue as the source.");
  }
  return std::nullopt;
}

std::optional<aws::ApiError> redrive_allow_policy_fault(std::string_view text) {
  const auto invalid = [text](std::string_view reason) {
    return invalid_parameter(text, "RedriveAllowPolicy", reason);
  };
  const auto object = parse_object(text);
  if (!object) return invalid("Redrive allow policy is not a valid JSON map.");
  const std::string permission = text_member(*object, "redrivePermission");
  const auto* sources = object->if_contains("sourceQueueArns");
  if (permission != "allowAll" && permission != "denyAll" && permission != "byQueue") {
    return invalid("Invalid value for redrivePermission.");
  }
  if ((sources != nullptr) != (permission == "byQueue")) {
    return invalid("sourceQueueArns is required with redrivePermission byQueue, and only with it.");
  }
  if (sources == nullptr) return std::nullopt;
  const auto* list = sources->if_array();
  if (list == nullptr || list->empty() || list->size() > kMaxSources) {
    return invalid("sourceQueueArns must be a list of 1 to 10 queue ARNs.");
  }
  for (const auto& source : *list) {
    if (!source.is_string() || !parse_queue_arn(view(source.get_string()))) {
      return invalid("sourceQueueArns must be a list of 1 to 10 queue ARNs.");
    }
  }
  return std::nullopt;
}

bool redrive_allowed(std::string_view allow_policy, std::string_view source_arn) {
  const auto object = parse_object(allow_policy);
  if (!object) return true;
  const std::string permission = text_member(*object, "redrivePermission");
  if (permission != "byQueue") return permission != "denyAll";
  const auto* sources = object->if_contains("sourceQueueArns");
  if (sources == nullptr || !sources->is_array()) return false;
  for (const auto& source : sources->get_array()) {
    if (source.is_string() && view(source.get_string()) == source_arn) return true;
  }
  return false;
}

std::optional<aws::ApiError> policy_fault(std::string_view text) {
  const auto compiled = iam::compile_policy(text);
  if (text.size() > kMaxPolicyBytes || !compiled) return invalid_attribute_value("Policy");
  const auto object = parse_object(text);
  const auto* statements = object ? object->if_contains("Statement") : nullptr;
  if (size_of(statements) == 0 || size_of(statements) > kMaxStatements) {
    return invalid_attribute_value("Policy");
  }
  for (const iam::Statement& statement : compiled->statements) {
    if (!statement.principal.present) return invalid_attribute_value("Policy");
  }
  if (const auto* list = statements->if_array()) {
    for (const auto& statement : *list) {
      if (!within_bounds(statement)) return invalid_attribute_value("Policy");
    }
    return std::nullopt;
  }
  if (!within_bounds(*statements)) return invalid_attribute_value("Policy");
  return std::nullopt;
}

}  // namespace kiln::sqs
