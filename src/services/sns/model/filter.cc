// SPDX-License-Identifier: Apache-2.0
#include "services/sns/model/filter.h"

#include "base/encoding.h"
#include "services/sns/model/errors.h"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace kiln::sns {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxKeys = 5;
constexpr std::size_t kMaxCombinations = 150;
constexpr std::size_t kManyCombinations = 1'000'000;
constexpr double kMaxNumber = 1e9;

aws::ApiError wrong(std::string_view what) {
  return invalid_parameter("FilterPolicy: " + std::string(what));
}

// What the pattern language has and SNS has not; and SNS's own counts.
class Rules {
 public:
  explicit Rules(bool nested_allowed) : nested_allowed_(nested_allowed) {}

  std::optional<aws::ApiError> check(const json::object& policy) {
    std::size_t combinations = 1;
    fields(policy, 1, combinations);
    if (fault_) return fault_;
    if (keys_ > kMaxKeys) return wrong("Filter policy can not have more than 5 keys");
    if (combinations > kMaxCombinations) return wrong("Filter policy is too complex");
    return std::nullopt;
  }

 private:
  void refuse(aws::ApiError error) {
    if (!fault_) fault_ = std::move(error);
  }
  // The pattern has passed EventPattern::compile: kinds are right, depth has a bound.
  void fields(const json::object& object, std::size_t depth, std::size_t& combinations) {
    for (const auto& [key, value] : object) {
      if (const auto* nested = value.if_object()) {
        if (!nested_allowed_) {
          refuse(invalid_parameter(
              "Filter policy scope MessageAttributes does not support nested filter policy"));
        }
        keys_ += depth == 1 ? 1 : 0;
        fields(*nested, depth + 1, combinations);
        continue;
      }
      const auto& list = value.get_array();
      if (key == "$or" && list.size() >= 2 && list.front().is_object() && is_or(list)) {
        alternatives(list, depth, combinations);
        continue;
      }
      keys_ += depth == 1 ? 1 : 0;
      const std::size_t factor = list.size() * (nested_allowed_ ? depth : 1);
      combinations = std::min(kManyCombinations, combinations * factor);
      for (const auto& condition : list) check_condition(condition);
    }
  }
  static bool is_or(const json::array& list) {
    return std::ranges::all_of(list, [](const json::value& v) { return v.is_object(); });
  }
  void alternatives(const json::array& list, std::size_t depth, std::size_t& combinations) {
    std::size_t sum = 0;
    for (const auto& alternative : list) {
      std::size_t own = 1;
      fields(alternative.get_object(), depth, own);
      sum += own;
    }
    combinations = std::min(kManyCombinations, combinations * sum);
  }
  void check_number(const json::value& value) {
    if (value.is_number() && std::abs(value.to_number<double>()) > kMaxNumber) {
      refuse(wrong("Value of a number must be between -1.0E9 and 1.0E9, inclusive"));
    }
  }
  void check_condition(const json::value& condition) {
    check_number(condition);
    const auto* object = condition.if_object();
    if (!object) return;
    const auto& [name, operand] = *object->begin();
    if (name == "wildcard") refuse(wrong("Unrecognized match type wildcard"));
    const auto* inner = operand.if_object();
    if (inner && name != "anything-but") {
      refuse(wrong(std::string(name) + " match pattern must be a string"));
    } else if (inner && inner->begin()->key() != "prefix") {
      refuse(wrong("Unsupported anything-but pattern: " + std::string(inner->begin()->key())));
    }
    if (const auto* list = operand.if_array()) {
      for (const auto& value : *list) check_number(value);
    }
    check_number(operand);
  }

  bool nested_allowed_;
  std::size_t keys_ = 0;
  std::optional<aws::ApiError> fault_;
};

// Number attributes may be written as JSON does not: "+1", ".5".
std::string number_text(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return "null";
  char out[32];
  const auto written = std::to_chars(out, out + sizeof out, value);
  return std::string(out, written.ptr);
}

std::string as_object(const std::map<std::string, aws::EventAttribute>& attributes) {
  std::string out = "{";
  for (const auto& [name, attribute] : attributes) {
    const bool array = attribute.type == "String.Array";
    if (attribute.type.starts_with("Binary")) continue;
    if (array && !aws::PatternEvent::parse(attribute.value)) continue;
    if (out.size() > 1) out += ",";
    append_json_string(out, name);
    out += ":";
    if (array) {
      out += attribute.value;
    } else if (attribute.type.starts_with("Number")) {
      out += number_text(attribute.value);
    } else {
      append_json_string(out, attribute.value);
    }
  }
  return out + "}";
}

std::optional<aws::PatternEvent> parse(std::string_view text) {
  auto parsed = aws::PatternEvent::parse(text);
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

}  // namespace

aws::ApiResult<aws::EventPattern> compile_filter(std::string_view policy, std::string_view scope) {
  if (policy.size() > kMaxFilterPolicy) return aws::fail(wrong("Filter policy is too large"));
  auto pattern = aws::EventPattern::compile(policy);
  if (!pattern) return aws::fail(wrong(pattern.error().message));
  json::parse_options options;
  options.max_depth = aws::EventPattern::kMaxDepth;
  boost::system::error_code failed;
  const auto parsed = json::parse(policy, failed, {}, options);
  if (failed || !parsed.is_object()) return aws::fail(wrong("failed to parse JSON."));
  Rules rules(scope == kBodyScope);
  if (auto fault = rules.check(parsed.get_object())) return aws::fail(std::move(*fault));
  return std::move(*pattern);
}

bool FilteredMessage::passes(const aws::EventPattern& pattern, std::string_view scope,
                             std::string_view body) {
  if (scope != kBodyScope) {
    reason_ = message_.attributes.empty() ? "NoMessageAttributes" : "MessageAttributes";
    if (!attributes_) attributes_ = parse(as_object(message_.attributes));
    return *attributes_ && pattern.matches(**attributes_);
  }
  if (!body_ || body_text_ != body) {
    body_text_ = body;
    body_ = parse(body);
  }
  reason_ = *body_ ? "MessageBody" : "InvalidMessageBody";
  return *body_ && pattern.matches(**body_);
}

}  // namespace kiln::sns
