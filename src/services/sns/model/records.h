// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is stored of topics, subscriptions, accepted messages and deliveries under way.

#include "aws/event_target.h"
#include "base/result.h"
#include "services/sns/model/names.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::sns {

using Attributes = std::map<std::string, std::string>;
using Tags = std::map<std::string, std::string>;

struct Topic {
  std::string id;  // never reused: a topic of the same name made later has another
  std::int64_t created_ms = 0;
  Attributes attributes;  // as set; what is computed (Owner, EffectiveDeliveryPolicy) is not here
  Tags tags;
  std::int64_t confirmed = 0;
  std::int64_t pending = 0;
  std::int64_t deleted = 0;
  std::int64_t filter_policies = 0;  // that its subscriptions have
  // Not stored: the version of the record as it was read. Another one whenever the topic or one of
  // its confirmed subscriptions is.
  std::string revision;
};

struct Subscription {
  std::string id;
  std::string protocol;  // sqs, lambda, http, https, email, email-json
  std::string endpoint;
  std::string owner;      // account
  std::string principal;  // ARN of who subscribed
  bool confirmed = false;
  bool authenticated = false;                // the confirmation was signed
  bool authenticate_on_unsubscribe = false;  // only its owners may end it
  std::string token;                         // of the confirmation that is awaited; else empty
  std::int64_t token_expires_ms = 0;
  std::string base_url;  // of this server, as the subscriber reached it: "http://127.0.0.1:4566"
  std::int64_t created_ms = 0;
  Attributes attributes;

  bool raw() const;
};

// One message that Publish accepted.
struct Message {
  std::string id;
  std::string topic_id;
  std::string subject;
  std::string text;
  bool structured = false;  // MessageStructure json: `text` has a text for each protocol
  std::map<std::string, aws::EventAttribute> attributes;
  std::string group_id;
  std::string deduplication_id;
  std::int64_t published_ms = 0;
  std::string trace_header;
  std::string sequence_number;  // FIFO topics; known once it is in its queue
};

// One message on its way to one subscription.
struct Delivery {
  enum class Kind : std::uint8_t { kNotification, kSubscribe, kUnsubscribe };
  Kind kind = Kind::kNotification;
  TopicName topic;
  std::string subscription_id;
  // Confirmations: where to, as the subscription may be gone.
  std::string protocol;
  std::string endpoint;
  std::string base_url;
  std::string token;
  Message message;  // its text is that of the protocol
};

// A message for all subscriptions of a topic.
struct FanOut {
  TopicName topic;
  Message message;
};

std::string encode(const Topic& topic);
std::string encode(const Subscription& subscription);
std::string encode(const Delivery& delivery);
std::string encode(const FanOut& fan_out);
Result<Topic> decode_topic(std::string_view bytes);
Result<Subscription> decode_subscription(std::string_view bytes);
Result<Delivery> decode_delivery(std::string_view bytes);
Result<FanOut> decode_fan_out(std::string_view bytes);

}  // namespace kiln::sns
