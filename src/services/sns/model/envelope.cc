// SPDX-License-Identifier: Apache-2.0
#include "services/sns/model/envelope.h"

#include "base/encoding.h"
#include "base/time.h"

#include <boost/json.hpp>

#include <utility>
#include <vector>

namespace kiln::sns {
namespace {

namespace json = boost::json;

constexpr std::string_view kVersion = "&Version=2010-03-31";

std::string timestamp(const Delivery& delivery) {
  return format_iso8601({delivery.message.published_ms}, true);
}

std::string subscription_arn(const Delivery& delivery) {
  return arn_of(SubscriptionName{delivery.topic, delivery.subscription_id});
}

// {"name":{"Type":"String","Value":"x"}}, spaced as AWS spaces it.
std::string attributes_json(const Delivery& delivery, std::string_view gap) {
  std::string out = "{";
  for (const auto& [name, attribute] : delivery.message.attributes) {
    if (out.size() > 1) out += ",";
    append_json_string(out, name);
    out.append(gap).append(":").append(gap).append("{\"Type\"").append(gap).append(":").append(gap);
    append_json_string(out, attribute.type);
    out.append(",\"Value\"").append(gap).append(":").append(gap);
    const bool binary = attribute.type == "Binary";
    append_json_string(out, binary ? base64_encode(attribute.value) : attribute.value);
    out += "}";
  }
  return out + "}";
}

class Object {
 public:
  Object(std::string_view open, std::string_view colon, std::string_view comma)
      : out_(open), colon_(colon), comma_(comma) {}
  Object& text(std::string_view name, std::string_view value) {
    start(name);
    append_json_string(out_, value);
    return *this;
  }
  Object& raw(std::string_view name, std::string_view value) {
    start(name);
    out_ += value;
    return *this;
  }
  std::string close(std::string_view end) { return std::move(out_.append(end)); }

 private:
  void start(std::string_view name) {
    if (any_) out_ += comma_;
    any_ = true;
    append_json_string(out_, name);
    out_ += colon_;
  }
  std::string out_;
  std::string_view colon_;
  std::string_view comma_;
  bool any_ = false;
};

// Objects of strings only are seen by who reads the message; others are taken for absent.
std::optional<json::object> parse_structure(std::string_view text) {
  boost::system::error_code failed;
  auto value = json::parse(text, failed);
  if (failed || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

const json::string* text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value ? value->if_string() : nullptr;
}

}  // namespace

std::string confirm_url(const Delivery& delivery) {
  return delivery.base_url + "/?Action=ConfirmSubscription&TopicArn=" + arn_of(delivery.topic) +
         "&Token=" + delivery.token + std::string(kVersion);
}

std::string unsubscribe_url(std::string_view base_url, const SubscriptionName& subscription) {
  return std::string(base_url) + "/?Action=Unsubscribe&SubscriptionArn=" + arn_of(subscription) +
         std::string(kVersion);
}

std::string_view type_of(const Delivery& delivery) {
  switch (delivery.kind) {
    case Delivery::Kind::kNotification:
      return "Notification";
    case Delivery::Kind::kSubscribe:
      return "SubscriptionConfirmation";
    case Delivery::Kind::kUnsubscribe:
      return "UnsubscribeConfirmation";
  }
  return "Notification";
}

std::string text_of(const Delivery& delivery) {
  switch (delivery.kind) {
    case Delivery::Kind::kNotification:
      break;
    case Delivery::Kind::kSubscribe:
      return "You have chosen to subscribe to the topic " + arn_of(delivery.topic) +
             ".\nTo confirm the subscription, visit the SubscribeURL included in this message.";
    case Delivery::Kind::kUnsubscribe:
      return "You have chosen to deactivate subscription " + subscription_arn(delivery) +
             ".\nTo cancel this operation and restore the subscription, visit the SubscribeURL "
             "included in this message.";
  }
  return delivery.message.text;
}

std::string string_to_sign(const Delivery& delivery) {
  std::string out;
  const auto add = [&out](std::string_view name, std::string_view value) {
    out.append(name).append("\n").append(value).append("\n");
  };
  add("Message", text_of(delivery));
  add("MessageId", delivery.message.id);
  if (delivery.kind == Delivery::Kind::kNotification) {
    if (!delivery.message.subject.empty()) add("Subject", delivery.message.subject);
    add("Timestamp", timestamp(delivery));
  } else {
    add("SubscribeURL", confirm_url(delivery));
    add("Timestamp", timestamp(delivery));
    add("Token", delivery.token);
  }
  add("TopicArn", arn_of(delivery.topic));
  add("Type", type_of(delivery));
  return out;
}

std::string envelope(const Delivery& delivery, const std::optional<Signature>& signature) {
  const Message& message = delivery.message;
  const bool notification = delivery.kind == Delivery::Kind::kNotification;
  Object out("{\n  ", " : ", ",\n  ");
  out.text("Type", type_of(delivery)).text("MessageId", message.id);
  if (!message.sequence_number.empty()) out.text("SequenceNumber", message.sequence_number);
  if (!notification) out.text("Token", delivery.token);
  out.text("TopicArn", arn_of(delivery.topic));
  if (notification && !message.subject.empty()) out.text("Subject", message.subject);
  out.text("Message", text_of(delivery));
  if (!notification) out.text("SubscribeURL", confirm_url(delivery));
  out.text("Timestamp", timestamp(delivery));
  if (signature) {
    out.text("SignatureVersion", signature->version)
        .text("Signature", signature->value)
        .text("SigningCertURL", signature->certificate_url);
  }
  if (notification) {
    out.text("UnsubscribeURL",
             unsubscribe_url(delivery.base_url, {delivery.topic, delivery.subscription_id}));
    if (!message.attributes.empty()) out.raw("MessageAttributes", attributes_json(delivery, " "));
  }
  return out.close("\n}");
}

std::string lambda_event(const Delivery& delivery, const Signature& signature) {
  const Message& message = delivery.message;
  Object record("{", ":", ",");
  record.text("Type", "Notification")
      .text("MessageId", message.id)
      .text("TopicArn", arn_of(delivery.topic));
  if (message.subject.empty()) {
    record.raw("Subject", "null");
  } else {
    record.text("Subject", message.subject);
  }
  record.text("Message", message.text)
      .text("Timestamp", timestamp(delivery))
      .text("SignatureVersion", signature.version)
      .text("Signature", signature.value)
      .text("SigningCertUrl", signature.certificate_url)
      .text("UnsubscribeUrl",
            unsubscribe_url(delivery.base_url, {delivery.topic, delivery.subscription_id}))
      .raw("MessageAttributes", attributes_json(delivery, ""));
  Object outer("{\"Records\":[{", ":", ",");
  outer.text("EventSource", "aws:sns")
      .text("EventVersion", "1.0")
      .text("EventSubscriptionArn", subscription_arn(delivery))
      .raw("Sns", record.close("}"));
  return outer.close("}]}");
}

std::optional<std::string> text_for(std::string_view protocol, std::string_view text) {
  const auto object = parse_structure(text);
  if (!object) return std::nullopt;
  const auto* found = text_member(*object, protocol);
  if (!found) found = text_member(*object, "default");
  if (!found) return std::nullopt;
  return std::string(std::string_view(*found));
}

std::optional<std::string_view> structure_fault(std::string_view text) {
  const auto object = parse_structure(text);
  if (!object) return "Message Structure - JSON message body failed to parse";
  if (!text_member(*object, "default")) {
    return "Message Structure - No default entry in JSON message body";
  }
  return std::nullopt;
}

}  // namespace kiln::sns
