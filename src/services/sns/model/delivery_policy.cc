// SPDX-License-Identifier: Apache-2.0
#include "services/sns/model/delivery_policy.h"

#include "services/sns/model/errors.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>

namespace kiln::sns {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMaxDelayS = 3'600;
constexpr std::int64_t kMaxRetries = 100;
constexpr std::size_t kMaxText = 16 * 1024;

aws::ApiError wrong(std::string_view what) {
  return invalid_parameter("DeliveryPolicy: " + std::string(what));
}

// Reads whole numbers within bounds; remembers the first fault.
struct Reader {
  const json::object& object;
  std::string prefix;
  std::optional<aws::ApiError> fault = {};

  void number(std::string_view name, std::int64_t low, std::int64_t high, std::int64_t& out) {
    const auto* value = object.if_contains(name);
    if (!value || value->is_null() || fault) return;
    const auto* whole = value->if_int64();
    if (!whole) {
      fault = wrong(prefix + "." + std::string(name) + " must be an integer");
    } else if (*whole < low) {
      fault = wrong(prefix + "." + std::string(name) + " must be greater than or equal to " +
                    std::to_string(low));
    } else if (*whole > high) {
      fault = wrong(prefix + "." + std::string(name) + " must be less than or equal to " +
                    std::to_string(high));
    } else {
      out = *whole;
    }
  }
};

std::string_view name_of(Backoff backoff) {
  switch (backoff) {
    case Backoff::kLinear:
      return "linear";
    case Backoff::kArithmetic:
      return "arithmetic";
    case Backoff::kGeometric:
      return "geometric";
    case Backoff::kExponential:
      return "exponential";
  }
  return "linear";
}

std::optional<Backoff> backoff_of(std::string_view name) {
  for (const Backoff b :
       {Backoff::kLinear, Backoff::kArithmetic, Backoff::kGeometric, Backoff::kExponential}) {
    if (name_of(b) == name) return b;
  }
  return std::nullopt;
}

std::optional<aws::ApiError> read_retry(const json::object& object, std::string_view prefix,
                                        RetryPolicy& out) {
  Reader in{object, std::string(prefix)};
  in.number("minDelayTarget", 1, kMaxDelayS, out.min_delay_s);
  in.number("maxDelayTarget", 1, kMaxDelayS, out.max_delay_s);
  in.number("numRetries", 0, kMaxRetries, out.retries);
  in.number("numNoDelayRetries", 0, kMaxRetries, out.no_delay);
  in.number("numMinDelayRetries", 0, kMaxRetries, out.at_min_delay);
  in.number("numMaxDelayRetries", 0, kMaxRetries, out.at_max_delay);
  if (in.fault) return in.fault;
  if (const auto* function = object.if_contains("backoffFunction");
      function && !function->is_null()) {
    const auto* text = function->if_string();
    const auto known = text ? backoff_of(*text) : std::nullopt;
    if (!known)
      return wrong(std::string(prefix) +
                   ".backoffFunction must be one of linear, arithmetic, geometric, exponential");
    out.backoff = *known;
  }
  if (out.max_delay_s < out.min_delay_s) {
    return wrong(std::string(prefix) +
                 ".maxDelayTarget must be greater than or equal to minDelayTarget");
  }
  if (out.no_delay + out.at_min_delay + out.at_max_delay > out.retries) {
    return wrong(std::string(prefix) +
                 ".numRetries must be greater than or equal to the sum of numNoDelayRetries, "
                 "numMinDelayRetries and numMaxDelayRetries");
  }
  return std::nullopt;
}

struct Names {
  std::string_view retry;
  std::string_view throttle;
  std::string_view request;
};
constexpr Names kOfSubscription = {"healthyRetryPolicy", "throttlePolicy", "requestPolicy"};
constexpr Names kOfTopic = {"defaultHealthyRetryPolicy", "defaultThrottlePolicy",
                            "defaultRequestPolicy"};

std::optional<aws::ApiError> read_policy(const json::object& object, const Names& names,
                                         std::string_view prefix, DeliveryPolicy& out) {
  const auto member = [&object](std::string_view name) -> const json::value* {
    const auto* value = object.if_contains(name);
    return value && !value->is_null() ? value : nullptr;
  };
  if (const auto* retry = member(names.retry)) {
    const auto* fields = retry->if_object();
    const std::string path = std::string(prefix) + std::string(names.retry);
    if (!fields) return wrong(path + " must be an object");
    if (auto fault = read_retry(*fields, path, out.retry)) return fault;
  }
  if (const auto* throttle = member(names.throttle)) {
    const auto* fields = throttle->if_object();
    const std::string path = std::string(prefix) + std::string(names.throttle);
    if (!fields) return wrong(path + " must be an object");
    Reader in{*fields, path};
    in.number("maxReceivesPerSecond", 1, 1'000'000, out.max_receives_per_second);
    if (in.fault) return in.fault;
  }
  if (const auto* request = member(names.request)) {
    const auto* fields = request->if_object();
    const std::string path = std::string(prefix) + std::string(names.request);
    if (!fields) return wrong(path + " must be an object");
    if (const auto* type = fields->if_contains("headerContentType"); type && !type->is_null()) {
      const auto* text = type->if_string();
      const auto printable = [](char c) { return c >= 0x20 && c < 0x7f; };
      if (!text || text->size() > 256 || !std::ranges::all_of(*text, printable)) {
        return wrong(path + ".headerContentType is not valid");
      }
      out.content_type = std::string_view(*text);
    }
  }
  return std::nullopt;
}

aws::ApiResult<json::object> parse_object(std::string_view text) {
  boost::system::error_code failed;
  if (text.size() > kMaxText) return aws::fail(wrong("too large"));
  auto value = json::parse(text, failed);
  if (failed || !value.is_object()) return aws::fail(wrong("failed to parse JSON."));
  return std::move(value.as_object());
}

json::object as_json(const RetryPolicy& p) {
  return {{"minDelayTarget", p.min_delay_s},
          {"maxDelayTarget", p.max_delay_s},
          {"numRetries", p.retries},
          {"numMaxDelayRetries", p.at_max_delay},
          {"numNoDelayRetries", p.no_delay},
          {"numMinDelayRetries", p.at_min_delay},
          {"backoffFunction", name_of(p.backoff)}};
}

json::object as_json(const DeliveryPolicy& policy, const Names& names) {
  json::object out;
  out[names.retry] = as_json(policy.retry);
  if (policy.max_receives_per_second > 0) {
    out[names.throttle] = json::object{{"maxReceivesPerSecond", policy.max_receives_per_second}};
  }
  out[names.request] =
      json::object{{"headerContentType", policy.content_type.empty() ? "text/plain; charset=UTF-8"
                                                                     : policy.content_type}};
  return out;
}

}  // namespace

std::optional<std::int64_t> RetryPolicy::delay_ms(std::int64_t attempt) const {
  if (attempt > retries) return std::nullopt;
  std::int64_t i = attempt;  // which retry, from 1
  if (i <= no_delay) return 0;
  i -= no_delay;
  if (i <= at_min_delay) return min_delay_s * 1'000;
  i -= at_min_delay;
  const std::int64_t between = retries - no_delay - at_min_delay - at_max_delay;
  if (i > between || between <= 0) return max_delay_s * 1'000;
  // The first of them waits the shortest time, the last one the longest.
  const double part =
      between == 1 ? 1 : static_cast<double>(i - 1) / static_cast<double>(between - 1);
  const auto low = static_cast<double>(min_delay_s);
  const auto high = static_cast<double>(max_delay_s);
  double seconds = low;
  switch (backoff) {
    case Backoff::kLinear:
      seconds = low + (high - low) * part;
      break;
    case Backoff::kArithmetic:
      seconds = low + (high - low) * part * part;
      break;
    case Backoff::kGeometric:
      seconds = low + (high - low) * part * part * part;
      break;
    case Backoff::kExponential:
      seconds = low * std::pow(high / low, part);
      break;
  }
  return static_cast<std::int64_t>(seconds * 1'000);
}

RetryPolicy managed_retries() {
  return {.min_delay_s = 1,
          .max_delay_s = 20,
          .retries = 100'015,
          .no_delay = 3,
          .at_min_delay = 2,
          .at_max_delay = 100'000,
          .backoff = Backoff::kExponential};
}

RetryPolicy mail_retries() {
  return {.min_delay_s = 10,
          .max_delay_s = 600,
          .retries = 50,
          .no_delay = 0,
          .at_min_delay = 2,
          .at_max_delay = 38,
          .backoff = Backoff::kExponential};
}

aws::ApiResult<TopicDeliveryPolicy> parse_topic_delivery_policy(std::string_view text) {
  auto object = parse_object(text);
  if (!object) return aws::fail(std::move(object.error()));
  TopicDeliveryPolicy out;
  const auto* http = object->if_contains("http");
  if (!http) return out;
  const auto* fields = http->if_object();
  if (!fields) return aws::fail(wrong("http must be an object"));
  if (auto fault = read_policy(*fields, kOfTopic, "http.", out.http)) return aws::fail(*fault);
  if (const auto* disable = fields->if_contains("disableSubscriptionOverrides")) {
    const auto* flag = disable->if_bool();
    if (!flag) return aws::fail(wrong("http.disableSubscriptionOverrides must be a boolean"));
    out.disable_overrides = *flag;
  }
  return out;
}

aws::ApiResult<DeliveryPolicy> parse_delivery_policy(std::string_view text, DeliveryPolicy base) {
  auto object = parse_object(text);
  if (!object) return aws::fail(std::move(object.error()));
  if (auto fault = read_policy(*object, kOfSubscription, "", base)) return aws::fail(*fault);
  return base;
}

std::string effective_delivery_policy(std::string_view topic_policy) {
  const auto parsed = parse_topic_delivery_policy(topic_policy.empty() ? "{}" : topic_policy);
  const TopicDeliveryPolicy policy = parsed ? *parsed : TopicDeliveryPolicy{};
  json::object http = as_json(policy.http, kOfTopic);
  http["disableSubscriptionOverrides"] = policy.disable_overrides;
  return json::serialize(json::object{{"http", std::move(http)}});
}

DeliveryPolicy policy_of_subscription(std::string_view topic_policy, std::string_view own_policy) {
  const auto parsed = parse_topic_delivery_policy(topic_policy.empty() ? "{}" : topic_policy);
  const TopicDeliveryPolicy topic = parsed ? *parsed : TopicDeliveryPolicy{};
  if (topic.disable_overrides || own_policy.empty()) return topic.http;
  const auto own = parse_delivery_policy(own_policy, topic.http);
  return own ? *own : topic.http;
}

std::string describe(const DeliveryPolicy& policy) {
  return json::serialize(as_json(policy, kOfSubscription));
}

}  // namespace kiln::sns
