// SPDX-License-Identifier: Apache-2.0
#include "services/sns/model/records.h"

#include "base/fields.h"

#include <utility>

namespace kiln::sns {
namespace {

void write(FieldWriter& out, const std::map<std::string, std::string>& pairs) {
  out.number(static_cast<std::int64_t>(pairs.size()));
  for (const auto& [name, value] : pairs) out.text(name).text(value);
}

std::map<std::string, std::string> read_pairs(FieldReader& in) {
  std::map<std::string, std::string> out;
  for (std::int64_t left = in.number(); left > 0 && in.status(); --left) {
    std::string name = in.text();
    out[std::move(name)] = in.text();
  }
  return out;
}

void write(FieldWriter& out, const TopicName& topic) {
  out.text(topic.account).text(topic.region).text(topic.name);
}

TopicName read_topic_name(FieldReader& in) {
  TopicName out;
  out.account = in.text();
  out.region = in.text();
  out.name = in.text();
  return out;
}

void write(FieldWriter& out, const Message& message) {
  out.text(message.id)
      .text(message.topic_id)
      .text(message.subject)
      .text(message.text)
      .number(message.structured)
      .text(message.group_id)
      .text(message.deduplication_id)
      .number(message.published_ms)
      .text(message.trace_header)
      .text(message.sequence_number)
      .number(static_cast<std::int64_t>(message.attributes.size()));
  for (const auto& [name, attribute] : message.attributes) {
    out.text(name).text(attribute.type).text(attribute.value);
  }
}

Message read_message(FieldReader& in) {
  Message out;
  out.id = in.text();
  out.topic_id = in.text();
  out.subject = in.text();
  out.text = in.text();
  out.structured = in.number() != 0;
  out.group_id = in.text();
  out.deduplication_id = in.text();
  out.published_ms = in.number();
  out.trace_header = in.text();
  out.sequence_number = in.text();
  for (std::int64_t left = in.number(); left > 0 && in.status(); --left) {
    std::string name = in.text();
    std::string type = in.text();
    out.attributes[std::move(name)] = {std::move(type), in.text()};
  }
  return out;
}

}  // namespace

bool Subscription::raw() const {
  const auto it = attributes.find("RawMessageDelivery");
  return it != attributes.end() && it->second == "true";
}

std::string encode(const Topic& topic) {
  FieldWriter out;
  out.text(topic.id)
      .number(topic.created_ms)
      .number(topic.confirmed)
      .number(topic.pending)
      .number(topic.deleted);
  write(out, topic.attributes);
  write(out, topic.tags);
  out.number(topic.filter_policies);
  return out.bytes();
}

Result<Topic> decode_topic(std::string_view bytes) {
  FieldReader in(bytes);
  Topic out;
  out.id = in.text();
  out.created_ms = in.number();
  out.confirmed = in.number();
  out.pending = in.number();
  out.deleted = in.number();
  out.attributes = read_pairs(in);
  out.tags = read_pairs(in);
  if (!in.at_end()) out.filter_policies = in.number();
  KILN_TRY_VOID(in.status());
  return out;
}

std::string encode(const Subscription& subscription) {
  FieldWriter out;
  out.text(subscription.id)
      .text(subscription.protocol)
      .text(subscription.endpoint)
      .text(subscription.owner)
      .text(subscription.principal)
      .number(subscription.confirmed)
      .number(subscription.authenticated)
      .number(subscription.authenticate_on_unsubscribe)
      .text(subscription.token)
      .number(subscription.token_expires_ms)
      .text(subscription.base_url)
      .number(subscription.created_ms);
  write(out, subscription.attributes);
  return out.bytes();
}

Result<Subscription> decode_subscription(std::string_view bytes) {
  FieldReader in(bytes);
  Subscription out;
  out.id = in.text();
  out.protocol = in.text();
  out.endpoint = in.text();
  out.owner = in.text();
  out.principal = in.text();
  out.confirmed = in.number() != 0;
  out.authenticated = in.number() != 0;
  out.authenticate_on_unsubscribe = in.number() != 0;
  out.token = in.text();
  out.token_expires_ms = in.number();
  out.base_url = in.text();
  out.created_ms = in.number();
  out.attributes = read_pairs(in);
  KILN_TRY_VOID(in.status());
  return out;
}

std::string encode(const Delivery& delivery) {
  FieldWriter out;
  out.number(static_cast<std::int64_t>(delivery.kind));
  write(out, delivery.topic);
  out.text(delivery.subscription_id)
      .text(delivery.protocol)
      .text(delivery.endpoint)
      .text(delivery.base_url)
      .text(delivery.token);
  write(out, delivery.message);
  return out.bytes();
}

Result<Delivery> decode_delivery(std::string_view bytes) {
  FieldReader in(bytes);
  Delivery out;
  const std::int64_t kind = in.number();
  if (kind < 0 || kind > 2) return fail(ErrorCode::kInternal, "sns: unknown kind of delivery");
  out.kind = static_cast<Delivery::Kind>(kind);
  out.topic = read_topic_name(in);
  out.subscription_id = in.text();
  out.protocol = in.text();
  out.endpoint = in.text();
  out.base_url = in.text();
  out.token = in.text();
  out.message = read_message(in);
  KILN_TRY_VOID(in.status());
  return out;
}

std::string encode(const FanOut& fan_out) {
  FieldWriter out;
  write(out, fan_out.topic);
  write(out, fan_out.message);
  return out.bytes();
}

Result<FanOut> decode_fan_out(std::string_view bytes) {
  FieldReader in(bytes);
  FanOut out;
  out.topic = read_topic_name(in);
  out.message = read_message(in);
  KILN_TRY_VOID(in.status());
  return out;
}

}  // namespace kiln::sns
