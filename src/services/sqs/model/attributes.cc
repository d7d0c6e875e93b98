// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/model/attributes.h"

#include "gen/sqs/errors.h"
#include "services/sqs/model/redrive.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace kiln::sqs {
namespace {

enum class Form : std::uint8_t { kNumber, kBool, kWord, kText };

struct Attribute {
  std::string_view name;
  Form form = Form::kText;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view standard;  // AWS's default; empty: absent unless set
  bool fifo_only = false;
  std::string_view words[2] = {};  // kWord
};
constexpr Attribute kAttributes[] = {
    {"DelaySeconds", Form::kNumber, 0, kMaxDelaySeconds, "0"},
    {"MaximumMessageSize", Form::kNumber, 1024, kMaxMessageBytes, "1048576"},
    {"MessageRetentionPeriod", Form::kNumber, 60, 1'209'600, "345600"},
    {"ReceiveMessageWaitTimeSeconds", Form::kNumber, 0, kMaxWaitSeconds, "0"},
    {"VisibilityTimeout", Form::kNumber, 0, kMaxVisibilitySeconds, "30"},
    {"KmsMasterKeyId", Form::kText},
    {"KmsDataKeyReusePeriodSeconds", Form::kNumber, 60, 86'400, ""},
    {"SqsManagedSseEnabled", Form::kBool, 0, 0, "true"},
    {"Policy", Form::kText},
    {"RedrivePolicy", Form::kText},
    {"RedriveAllowPolicy", Form::kText},
    {"FifoQueue", Form::kBool, 0, 0, "", true},
    {"ContentBasedDeduplication", Form::kBool, 0, 0, "", true},
    {"DeduplicationScope", Form::kWord, 0, 0, "", true, {"queue", "messageGroup"}},
    {"FifoThroughputLimit", Form::kWord, 0, 0, "", true, {"perQueue", "perMessageGroupId"}},
};
// Answered, never set.
constexpr std::string_view kReadOnly[] = {"ApproximateNumberOfMessages",
                                          "ApproximateNumberOfMessagesDelayed",
                                          "ApproximateNumberOfMessagesNotVisible",
                                          "CreatedTimestamp",
                                          "LastModifiedTimestamp",
                                          "QueueArn"};

const Attribute* find(std::string_view name) {
  const auto* found = std::ranges::find(kAttributes, name, &Attribute::name);
  return found == std::end(kAttributes) ? nullptr : found;
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return out;
}

bool fits(const Attribute& attribute, std::string_view value) {
  switch (attribute.form) {
    case Form::kNumber: {
      const auto number = number_of(value);
      return number && *number >= attribute.min && *number <= attribute.max;
    }
    case Form::kBool:
      return value == "true" || value == "false";
    case Form::kWord:
      return value == attribute.words[0] || value == attribute.words[1];
    case Form::kText:
      break;
  }
  return true;
}

bool is_true(const TextMap& attributes, std::string_view name) {
  const auto found = attributes.find(std::string(name));
  return found != attributes.end() && found->second == "true";
}

std::string_view value_of(const TextMap& attributes, std::string_view name) {
  const auto found = attributes.find(std::string(name));
  return found == attributes.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<aws::ApiError> check(const QueueName& queue, const Attribute& attribute,
                                   const std::string& value, const TextMap& current,
                                   Setting setting) {
  const bool fifo = queue.name.ends_with(".fifo");
  if (attribute.fifo_only && !fifo) return unknown_attribute(attribute.name);
  if (attribute.name == "FifoQueue") {
    if (value != "true") return invalid_attribute_value(attribute.name);
    if (setting == Setting::kChange && !is_true(current, "FifoQueue")) {
      return invalid_attribute_value(attribute.name);
    }
  }
  if (attribute.name == "KmsMasterKeyId" && !value.empty()) {
    return aws::ApiError{"NotImplemented", 501,
                         "KmsMasterKeyId is not implemented yet by this server: it has no KMS."};
  }
  if (!fits(attribute, value)) return invalid_attribute_value(attribute.name);
  if (value.empty()) return std::nullopt;
  if (attribute.name == "RedrivePolicy") return redrive_policy_fault(queue, value);
  if (attribute.name == "RedriveAllowPolicy") return redrive_allow_policy_fault(value);
  if (attribute.name == "Policy") return policy_fault(value);
  return std::nullopt;
}

}  // namespace

aws::ApiError unknown_attribute(std::string_view name) {
  return gen::sqs::invalid_attribute_name("Unknown Attribute " + std::string(name) + ".");
}

aws::ApiError invalid_attribute_value(std::string_view name) {
  return gen::sqs::invalid_attribute_value("Invalid value for the parameter " + std::string(name) +
                                           ".");
}

aws::ApiResult<TextMap> merge_attributes(const QueueName& queue, const TextMap& current,
                                         const TextMap& wanted, Setting setting) {
  TextMap out = current;
  for (const auto& [name, value] : wanted) {
    const Attribute* attribute = find(name);
    if (attribute == nullptr) return aws::fail(unknown_attribute(name));
    if (auto fault = check(queue, *attribute, value, current, setting)) {
      return aws::fail(std::move(*fault));
    }
    if (value.empty()) {
      out.erase(name);
    } else {
      out[name] = value;
    }
  }
  if (value_of(out, "FifoThroughputLimit") == "perMessageGroupId" &&
      value_of(out, "DeduplicationScope") != "messageGroup") {
    return aws::fail(invalid_attribute_value("FifoThroughputLimit"));
  }
  return out;
}

Settings settings_of(const TextMap& attributes) {
  const auto number = [&attributes](std::string_view name, std::int64_t otherwise) {
    return number_of(value_of(attributes, name)).value_or(otherwise);
  };
  Settings out;
  out.delay_seconds = number("DelaySeconds", out.delay_seconds);
  out.max_message_bytes = number("MaximumMessageSize", out.max_message_bytes);
  out.retention_seconds = number("MessageRetentionPeriod", out.retention_seconds);
  out.wait_seconds = number("ReceiveMessageWaitTimeSeconds", out.wait_seconds);
  out.visibility_seconds = number("VisibilityTimeout", out.visibility_seconds);
  out.fifo = is_true(attributes, "FifoQueue");
  out.content_based_deduplication = is_true(attributes, "ContentBasedDeduplication");
  out.deduplicate_per_group = value_of(attributes, "DeduplicationScope") == "messageGroup";
  out.redrive = parse_redrive_policy(value_of(attributes, "RedrivePolicy"));
  return out;
}

TextMap described(const TextMap& attributes) {
  TextMap out = attributes;
  for (const Attribute& attribute : kAttributes) {
    if (!attribute.standard.empty()) {
      out.emplace(std::string(attribute.name), std::string(attribute.standard));
    }
  }
  if (is_true(attributes, "FifoQueue")) {
    out.emplace("ContentBasedDeduplication", "false");
    out.emplace("DeduplicationScope", "queue");
    out.emplace("FifoThroughputLimit", "perQueue");
  }
  return out;
}

bool is_attribute(std::string_view name) {
  return name == "All" || find(name) != nullptr ||
         std::ranges::find(kReadOnly, name) != std::end(kReadOnly);
}

}  // namespace kiln::sqs
