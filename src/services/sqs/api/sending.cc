// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/api/sending.h"

#include "base/crypto.h"
#include "gen/sqs/errors.h"

#include <algorithm>
#include <set>

namespace kiln::sqs {
namespace {

constexpr std::size_t kMaxBatch = 10;
constexpr std::size_t kMaxEntryId = 80;
constexpr std::string_view kTraceHeader = "AWSTraceHeader";
constexpr std::string_view kIdCharacters =
    " can only include alphanumeric and punctuation characters. 1 to 128 in length";

aws::ApiError wrong_for_queue_type(std::string_view value, std::string_view parameter) {
  return invalid_value("Value " + std::string(value) + " for parameter " + std::string(parameter) +
                       " is invalid. Reason: The request include parameter that is not valid for "
                       "this queue type.");
}

template <class Value>
aws::ApiResult<Attribute> attribute_of(const std::string& name, Value& value) {
  if (value.string_list_values || value.binary_list_values) {
    return aws::fail(gen::sqs::unsupported_operation(
        "Message attribute list values in SendMessage operation are not supported."));
  }
  Attribute out{.type = value.data_type.value_or(""), .value = {}};
  auto& wanted = out.binary() ? value.binary_value : value.string_value;
  auto& other = out.binary() ? value.string_value : value.binary_value;
  if (wanted && other) {
    return aws::fail(
        invalid_value("Message attribute '" + name + "' should have one, and only one, value."));
  }
  if (wanted) out.value = std::move(*wanted);
  return out;
}

aws::ApiResult<void> check_fifo(const Queue& queue, Message& message, const SendFields& fields) {
  if (!fields.group_id) return aws::fail(missing_parameter("MessageGroupId"));
  if (fields.delay_seconds && *fields.delay_seconds != 0) {
    return aws::fail(wrong_for_queue_type(std::to_string(*fields.delay_seconds), "DelaySeconds"));
  }
  if (message.deduplication_id.empty()) {
    if (!queue.settings.content_based_deduplication) {
      return aws::fail(
          invalid_value("The queue should either have ContentBasedDeduplication enabled or "
                        "MessageDeduplicationId provided explicitly"));
    }
    message.deduplication_id = sha256_hex(message.body);
  }
  return {};
}

bool is_entry_id(const std::optional<std::string>& id) {
  return id && !id->empty() && id->size() <= kMaxEntryId && std::ranges::all_of(*id, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
         });
}

}  // namespace

aws::ApiResult<Outgoing> make_outgoing(const Queue& queue, const aws::RequestContext& context,
                                       SendFields fields) {
  Outgoing out;
  Message& message = out.message;
  message.body = std::move(fields.body).value_or("");
  message.sender_id = context.principal.user_id;
  message.trace_header = context.trace_header;
  if (fields.attributes) {
    for (auto& [name, value] : *fields.attributes) {
      auto attribute = attribute_of(name, value);
      if (!attribute) return aws::fail(std::move(attribute.error()));
      message.attributes.emplace(name, std::move(*attribute));
    }
  }
  if (fields.system_attributes) {
    for (auto& [name, value] : *fields.system_attributes) {
      auto attribute = attribute_of(name, value);
      if (!attribute) return aws::fail(std::move(attribute.error()));
      if (name != kTraceHeader || attribute->type != "String") {
        return aws::fail(invalid_value("Message system attribute name '" + name + "' is invalid."));
      }
      message.trace_header = std::move(attribute->value);
      out.names_trace = true;
    }
  }
  if (auto fault = message_fault(message, queue.settings.max_message_bytes)) {
    return aws::fail(std::move(*fault));
  }
  for (const auto& [id, name] : {std::pair(&fields.group_id, "MessageGroupId"),
                                 std::pair(&fields.deduplication_id, "MessageDeduplicationId")}) {
    if (*id && !is_id(**id)) {
      return aws::fail(invalid_value("Value " + **id + " for parameter " + name +
                                     " is invalid. Reason: " + name + std::string(kIdCharacters) +
                                     "."));
    }
  }
  message.group_id = fields.group_id.value_or("");
  message.deduplication_id = fields.deduplication_id.value_or("");
  if (queue.settings.fifo) {
    if (auto checked = check_fifo(queue, message, fields); !checked) {
      return aws::fail(std::move(checked.error()));
    }
  } else if (fields.deduplication_id) {
    return aws::fail(wrong_for_queue_type(*fields.deduplication_id, "MessageDeduplicationId"));
  }
  const bool own_delay = fields.delay_seconds && !queue.settings.fifo;
  out.delay_seconds = own_delay ? *fields.delay_seconds : queue.settings.delay_seconds;
  if (out.delay_seconds < 0 || out.delay_seconds > kMaxDelaySeconds) {
    return aws::fail(invalid_value("Value " + std::to_string(out.delay_seconds) +
                                   " for parameter DelaySeconds is invalid. Reason: DelaySeconds "
                                   "must be >= 0 and <= 900."));
  }
  return out;
}

std::string system_attributes_md5(const Message& message) {
  return md5_of({{std::string(kTraceHeader), {.type = "String", .value = message.trace_header}}});
}

aws::ApiResult<void> check_batch(const std::vector<std::optional<std::string>>& ids,
                                 std::string_view entry) {
  if (ids.empty()) {
    return aws::fail(gen::sqs::empty_batch_request("There should be at least one " +
                                                   std::string(entry) + " in the request."));
  }
  if (ids.size() > kMaxBatch) {
    return aws::fail(gen::sqs::too_many_entries_in_batch_request(
        "Maximum number of entries per request are 10. You have sent " +
        std::to_string(ids.size()) + "."));
  }
  std::set<std::string> seen;
  for (const auto& id : ids) {
    if (!is_entry_id(id)) {
      return aws::fail(gen::sqs::invalid_batch_entry_id(
          "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It "
          "can be at most 80 letters long."));
    }
    if (!seen.insert(*id).second) {
      return aws::fail(gen::sqs::batch_entry_ids_not_distinct("Id " + *id + " repeated."));
    }
  }
  return {};
}

gen::sqs::BatchResultErrorEntry failed_entry(std::optional<std::string> id,
                                             const aws::ApiError& error) {
  return {.id = std::move(id),
          .sender_fault = error.sender_fault(),
          .code = error.query_code.empty() ? error.code : std::string(error.query_code),
          .message = error.message};
}

}  // namespace kiln::sqs
