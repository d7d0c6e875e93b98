// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of SNS. A partition is one account in one region; TOPIC_ID is Topic::id, so what is left
// of a deleted topic never belongs to a later one of its name.
//
//   A R sns topic NAME                              -> Topic
//   A R sns subscription TOPIC_ID ID                -> Subscription
//   A R sns endpoint TOPIC_ID PROTOCOL ENDPOINT     -> id of the subscription
//   OWNER R sns owned TOPIC_ARN ID                  -> TOPIC_ID (ListSubscriptions of an account)
//   A R sns-work garbage TOPIC_ID                   -> empty: subscriptions of a deleted topic
//   A R sns-work cursor MESSAGE_ID                  -> last subscription a fan-out has written for
//   A R sns-work repeat TOPIC_ID GROUP DEDUP_ID     -> Repeat (FIFO deduplication)
//   A R sns-work repeat-due TIME TOPIC_ID GROUP ID  -> empty: when that ends
//   A R sns-queue LANE                              -> the queue of a lane (queue/queue.h)
//   sns-signing-key                                 -> private key and certificate
//   sns-place A R                                   -> empty: this partition may have work

#include "services/sns/model/names.h"
#include "store/tuple.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::sns::keys {

inline constexpr std::string_view kRoom = "sns";
inline constexpr std::string_view kWork = "sns-work";

inline std::string topic(const TopicName& t) {
  return store::key(t.account, t.region, kRoom, "topic", t.name);
}
inline std::string topics(const Place& p) {
  return store::key(p.account, p.region, kRoom, "topic");
}

inline std::string subscription(const Place& p, std::string_view topic_id, std::string_view id) {
  return store::key(p.account, p.region, kRoom, "subscription", topic_id, id);
}
inline std::string subscriptions(const Place& p, std::string_view topic_id) {
  return store::key(p.account, p.region, kRoom, "subscription", topic_id);
}

inline std::string endpoint(const Place& p, std::string_view topic_id, std::string_view protocol,
                            std::string_view endpoint) {
  return store::key(p.account, p.region, kRoom, "endpoint", topic_id, protocol, endpoint);
}

inline std::string owned(const Place& owner, std::string_view topic_arn, std::string_view id) {
  return store::key(owner.account, owner.region, kRoom, "owned", topic_arn, id);
}
inline std::string all_owned(const Place& owner) {
  return store::key(owner.account, owner.region, kRoom, "owned");
}

inline std::string garbage(const Place& p, std::string_view topic_id) {
  return store::key(p.account, p.region, kWork, "garbage", topic_id);
}
inline std::string all_garbage(const Place& p) {
  return store::key(p.account, p.region, kWork, "garbage");
}

inline std::string cursor(const Place& p, std::string_view message_id) {
  return store::key(p.account, p.region, kWork, "cursor", message_id);
}

inline std::string repeat(const Place& p, std::string_view topic_id, std::string_view group,
                          std::string_view deduplication_id) {
  return store::key(p.account, p.region, kWork, "repeat", topic_id, group, deduplication_id);
}
inline std::string repeat_due(const Place& p, std::int64_t time_ms, std::string_view topic_id,
                              std::string_view group, std::string_view deduplication_id) {
  return store::key(p.account, p.region, kWork, "repeat-due", time_ms, topic_id, group,
                    deduplication_id);
}
inline std::string repeats_due(const Place& p) {
  return store::key(p.account, p.region, kWork, "repeat-due");
}

inline std::string queue(const Place& p, std::string_view lane) {
  return store::key(p.account, p.region, "sns-queue", lane);
}

inline std::string signing_key() { return store::key("sns-signing-key"); }

inline std::string place(const Place& p) { return store::key("sns-place", p.account, p.region); }
inline std::string places() { return store::key("sns-place"); }

}  // namespace kiln::sns::keys
