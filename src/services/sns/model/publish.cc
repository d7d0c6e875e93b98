// SPDX-License-Identifier: Apache-2.0
#include "services/sns/model/publish.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "gen/sns/errors.h"
#include "services/sns/model/envelope.h"
#include "services/sns/model/errors.h"
#include "services/sns/model/topic_attributes.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace kiln::sns {
namespace {

constexpr std::size_t kMaxSubject = 100;
constexpr std::size_t kMaxFifoId = 128;
constexpr std::size_t kMaxAttributeName = 256;

aws::ApiError bad_value(std::string message) {
  return gen::sns::invalid_parameter_value_exception(std::move(message));
}

// Printable ASCII without space: what message groups and deduplication ids are made of.
bool is_fifo_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxFifoId &&
         std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_subject(std::string_view subject) {
  if (subject.empty() || utf8_length(subject) > kMaxSubject) return false;
  if (subject.front() == ' ') return false;
  return std::ranges::none_of(
      subject, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Letters, digits, _ - and . within; no "AWS." or "Amazon." in front.
bool is_attribute_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxAttributeName) return false;
  if (name.front() == '.' || name.back() == '.' || name.find("..") != std::string_view::npos) {
    return false;
  }
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (lower.starts_with("aws.") || lower.starts_with("amazon.")) return false;
  return std::ranges::all_of(lower, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

aws::ApiResult<aws::EventAttribute> check_attribute(
    const std::string& name, const gen::sns::MessageAttributeValue& attribute) {
  const std::string type = attribute.data_type.value_or("");
  if (!is_attribute_name(name)) {
    return aws::fail(bad_value(
        "Invalid non-alphanumeric character was found in the message attribute name. Can only "
        "include alphanumeric characters, hyphens, underscores, or dots."));
  }
  if (type.empty()) {
    return aws::fail(bad_value("The message attribute '" + name +
                               "' must contain non-empty message attribute type."));
  }
  const std::string_view base = std::string_view(type).substr(0, type.find('.'));
  if (base != "String" && base != "Number" && base != "Binary") {
    return aws::fail(bad_value("The message attribute '" + name +
                               "' has an invalid message attribute type, the set of supported type "
                               "prefixes is Binary, Number, and String."));
  }
  const auto& value = base == "Binary" ? attribute.binary_value : attribute.string_value;
  if (!value || value->empty()) {
    return aws::fail(bad_value("The message attribute '" + name +
                               "' must contain non-empty message attribute value for message "
                               "attribute type '" +
                               type + "'."));
  }
  if (base == "Number" && !is_number(*value)) {
    return aws::fail(bad_value("Could not cast message attribute '" + name + "' value to number."));
  }
  return aws::EventAttribute{type, *value};
}

aws::ApiResult<void> check_fifo(const TopicName& name, const Topic& topic, Draft& draft) {
  const bool grouped = draft.group_id && !draft.group_id->empty();
  if (!name.fifo()) {
    if (draft.deduplication_id) {
      return aws::fail(invalid_parameter(
          "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter "
          "that is not valid for this topic type"));
    }
    if (grouped && !is_fifo_id(*draft.group_id))
      return aws::fail(invalid_parameter("MessageGroupId"));
    return {};
  }
  if (!grouped) {
    return aws::fail(invalid_parameter("The MessageGroupId parameter is required for FIFO topics"));
  }
  if (!is_fifo_id(*draft.group_id)) return aws::fail(invalid_parameter("MessageGroupId"));
  if (draft.deduplication_id && !draft.deduplication_id->empty()) {
    if (!is_fifo_id(*draft.deduplication_id)) {
      return aws::fail(invalid_parameter("MessageDeduplicationId"));
    }
    return {};
  }
  if (attribute_of(topic, "ContentBasedDeduplication") != "true") {
    return aws::fail(invalid_parameter(
        "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
        "provided explicitly"));
  }
  draft.deduplication_id = sha256_hex(*draft.text);
  return {};
}

}  // namespace

std::size_t size_of(const Draft& draft) {
  std::size_t out = draft.text ? draft.text->size() : 0;
  if (!draft.attributes) return out;
  for (const auto& [name, attribute] : *draft.attributes) {
    out += name.size();
    for (const auto* part :
         {&attribute.data_type, &attribute.string_value, &attribute.binary_value}) {
      if (*part) out += (*part)->size();
    }
  }
  return out;
}

aws::ApiResult<Message> check_message(const TopicName& name, const Topic& topic, Draft draft) {
  if (!draft.text || draft.text->empty()) return aws::fail(invalid_parameter("Empty message"));
  if (size_of(draft) > kMaxMessageBytes) return aws::fail(invalid_parameter("Message too long"));
  if (draft.subject && !is_subject(*draft.subject)) return aws::fail(invalid_parameter("Subject"));
  Message out;
  if (draft.structure && !draft.structure->empty()) {
    if (*draft.structure != "json") return aws::fail(invalid_parameter("MessageStructure"));
    if (const auto fault = structure_fault(*draft.text))
      return aws::fail(invalid_parameter(*fault));
    out.structured = true;
  }
  if (draft.attributes) {
    for (const auto& [attribute, value] : *draft.attributes) {
      auto checked = check_attribute(attribute, value);
      if (!checked) return aws::fail(std::move(checked.error()));
      out.attributes[attribute] = std::move(*checked);
    }
  }
  if (auto good = check_fifo(name, topic, draft); !good) return aws::fail(std::move(good.error()));
  out.topic_id = topic.id;
  out.subject = draft.subject.value_or("");
  out.text = std::move(*draft.text);
  out.group_id = draft.group_id.value_or("");
  out.deduplication_id = draft.deduplication_id.value_or("");
  return out;
}

}  // namespace kiln::sns
