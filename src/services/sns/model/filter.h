// SPDX-License-Identifier: Apache-2.0
#pragma once
// Filter policies of subscriptions: aws/event_pattern.h in SNS's dialect. Pure.
// https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
//
// Scope MessageAttributes sees an object of the message's attributes (String, String.Array as an
// array, Number; not Binary) and has no nested fields; MessageBody sees the message, a JSON object.

#include "aws/api_error.h"
#include "aws/event_pattern.h"
#include "services/sns/model/records.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::sns {

inline constexpr std::string_view kAttributeScope = "MessageAttributes";
inline constexpr std::string_view kBodyScope = "MessageBody";
inline constexpr std::size_t kMaxFilterPolicy = 48 * 1024;  // AWS: 256 KiB; a stored value is less

// InvalidParameter with AWS's text.
aws::ApiResult<aws::EventPattern> compile_filter(std::string_view policy, std::string_view scope);

// One message as filters of both scopes see it; each form is made when it is asked for first.
class FilteredMessage {
 public:
  explicit FilteredMessage(const Message& message) : message_(message) {}
  // `body`: what this subscription would be sent.
  bool passes(const aws::EventPattern& pattern, std::string_view scope, std::string_view body);
  // What the last pattern that did not pass found wanting: "MessageAttributes",
  // "NoMessageAttributes", "MessageBody", "InvalidMessageBody".
  std::string_view reason() const { return reason_; }

 private:
  using Event = std::optional<aws::PatternEvent>;
  const Message& message_;
  std::optional<Event> attributes_;
  std::optional<Event> body_;
  std::string body_text_;
  std::string_view reason_;
};

}  // namespace kiln::sns
