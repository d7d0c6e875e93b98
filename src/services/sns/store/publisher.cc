// SPDX-License-Identifier: Apache-2.0
#include "services/sns/store/publisher.h"

#include "base/fields.h"
#include "services/sns/model/envelope.h"
#include "services/sns/model/lane.h"
#include "services/sns/model/topic_attributes.h"
#include "services/sns/store/keys.h"
#include "store/retry.h"

#include <algorithm>
#include <map>
#include <utility>

namespace kiln::sns {
namespace {

// What one commit may hold of deliveries; past it messages fan out later.
constexpr std::size_t kDirectSubscriptions = 32;
constexpr std::size_t kDirectBytes = 512 * 1024;
constexpr std::size_t kPageSubscriptions = 100;
constexpr std::size_t kPageBytes = 1024 * 1024;
constexpr std::int64_t kRepeatWindowMs = 5 * 60 * 1'000;

// What a FIFO topic keeps of a message, to know it again.
struct Repeat {
  std::int64_t expires_ms = 0;
  std::string message_id;
  std::string sequence_number;
};

std::string encode(const Repeat& repeat) {
  return FieldWriter()
      .number(repeat.expires_ms)
      .text(repeat.message_id)
      .text(repeat.sequence_number)
      .bytes();
}

Result<Repeat> decode_repeat(std::string_view bytes) {
  FieldReader in(bytes);
  Repeat out;
  out.expires_ms = in.number();
  out.message_id = in.text();
  out.sequence_number = in.text();
  KILN_TRY_VOID(in.status());
  return out;
}

// A line of a queue. Subscriptions of one message group are independent of each other.
std::string line(const std::string& owner, const std::string& group) { return owner + "/" + group; }

std::size_t size_of(const Subscription& subscription) { return sns::encode(subscription).size(); }

// What counts for the limit of a message.
std::size_t size_of(const Message& message) {
  std::size_t out = message.text.size();
  for (const auto& [name, attribute] : message.attributes) {
    out += name.size() + attribute.type.size() + attribute.value.size();
  }
  return out;
}

std::string encode_delivery(const Delivery& delivery) { return sns::encode(delivery); }

}  // namespace

std::string sequence_text(std::int64_t sequence) {
  std::string digits = std::to_string(sequence);
  return "1" + std::string(19 - std::min<std::size_t>(19, digits.size()), '0') + digits;
}

bool Publisher::passes(const Subscription& subscription, FilteredMessage& filtered,
                       std::string_view body) {
  const auto policy = subscription.attributes.find("FilterPolicy");
  if (policy == subscription.attributes.end()) return true;
  const auto set = subscription.attributes.find("FilterPolicyScope");
  const std::string_view scope =
      set == subscription.attributes.end() ? kAttributeScope : std::string_view(set->second);
  const std::string known_as = std::string(scope) + policy->second;
  const FilterPtr* known = filters_.find(known_as);
  FilterPtr pattern = known ? *known : nullptr;
  if (!pattern) {
    auto compiled = compile_filter(policy->second, scope);
    // It was good when it was set.
    if (!compiled) return false;
    pattern = std::make_shared<const aws::EventPattern>(std::move(*compiled));
    filters_.put(known_as, pattern);
  }
  return filtered.passes(*pattern, scope, body);
}

std::optional<Delivery> Publisher::route(const TopicName& topic, const Subscription& subscription,
                                         const Message& message, FilteredMessage& filtered) {
  if (!subscription.confirmed) return std::nullopt;
  std::optional<std::string> own;
  if (message.structured) own = text_for(subscription.protocol, message.text).value_or("");
  if (!passes(subscription, filtered, own ? *own : message.text)) {
    filtered_out_.add();
    meter_.count(topic, "NumberOfNotificationsFilteredOut");
    meter_.count(topic, "NumberOfNotificationsFilteredOut-" + std::string(filtered.reason()));
    return std::nullopt;
  }
  Delivery out{.topic = topic,
               .subscription_id = subscription.id,
               .protocol = subscription.protocol,
               .endpoint = subscription.endpoint,
               .base_url = subscription.base_url,
               .message = message};
  if (!own) return out;
  out.message.structured = false;
  out.message.text = std::move(*own);
  // AWS sends attributes only with messages that have no structure.
  out.message.attributes.clear();
  return out;
}

Task<Result<std::vector<Accepted>>> Publisher::publish(TopicName topic, Topic record,
                                                       std::vector<Message> messages) {
  published_.add(messages.size());
  for (const Message& message : messages) meter_.published(topic, size_of(message));
  if (topic.fifo()) {
    auto attempt = [this, topic, record, messages] { return try_fifo(topic, record, messages); };
    auto trying = store::retry_on_conflict(attempt);
    co_return co_await trying;
  }
  store::Batch batch;
  std::vector<queue::Sent> sent;
  auto adding = add_direct(batch, topic, record, messages, sent);
  KILN_CO_TRY(const bool direct, co_await adding);
  if (!direct) {
    batch = {};
    sent.clear();
    const auto queue = keys::queue(topic.place(), name_of(Lane::kFanOut));
    for (const Message& message : messages) {
      KILN_CO_TRY(sent.emplace_back(),
                  queue_.add_send(batch, queue, {.payload = sns::encode(FanOut{topic, message})}));
    }
  }
  if (!batch.writes.empty()) {
    auto committing = store_.commit(std::move(batch));
    KILN_CO_TRY_VOID(co_await committing);
  }
  std::vector<Accepted> out;
  for (const Message& message : messages) out.push_back({message.id, ""});
  co_return out;
}

Task<Result<Publisher::SubscriptionsPtr>> Publisher::first_subscriptions(Place place,
                                                                         std::string topic_id,
                                                                         std::string revision) {
  const Cached* known = subscriptions_.find(topic_id);
  if (known && known->revision == revision) co_return known->subscriptions;
  lists_read_.add();
  auto listing = catalog_.list_subscriptions(place, topic_id, "", kDirectSubscriptions + 1);
  KILN_CO_TRY(auto listed, co_await listing);
  std::size_t bytes = 0;
  for (const Subscription& subscription : listed) bytes += size_of(subscription);
  auto out = std::make_shared<const std::vector<Subscription>>(std::move(listed));
  if (bytes <= kCachedBytes) subscriptions_.put(topic_id, {std::move(revision), out});
  co_return out;
}

// False when there is too much for one commit.
Task<Result<bool>> Publisher::add_direct(store::Batch& batch, TopicName topic, Topic record,
                                         const std::vector<Message>& messages,
                                         std::vector<queue::Sent>& sent) {
  auto listing = first_subscriptions(topic.place(), record.id, record.revision);
  KILN_CO_TRY(const SubscriptionsPtr subscriptions, co_await listing);
  if (subscriptions->size() > kDirectSubscriptions) co_return false;
  std::size_t bytes = 0;
  for (const Message& message : messages) {
    FilteredMessage filtered(message);
    for (const Subscription& subscription : *subscriptions) {
      const auto delivery = route(topic, subscription, message, filtered);
      if (!delivery) continue;
      std::string payload = encode_delivery(*delivery);
      bytes += payload.size();
      if (bytes > kDirectBytes) co_return false;
      const auto queue = keys::queue(topic.place(), name_of(lane_of(subscription.protocol)));
      KILN_CO_TRY(sent.emplace_back(),
                  queue_.add_send(batch, queue, {.payload = std::move(payload)}));
    }
  }
  co_return true;
}

Task<Result<std::vector<Accepted>>> Publisher::try_fifo(TopicName topic, Topic record,
                                                        std::vector<Message> messages) {
  const Place place = topic.place();
  const bool by_group = attribute_of(record, "FifoThroughputScope") == "MessageGroup";
  const std::int64_t now = clock_.wall().ms;
  store::Batch batch;
  std::vector<Accepted> out(messages.size());
  std::map<std::string, std::size_t> first;  // by the key of its Repeat, within this call
  std::vector<std::size_t> fresh;
  std::vector<queue::Message> lines;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Message& message = messages[i];
    const std::string scope = by_group ? message.group_id : "";
    const std::string key = keys::repeat(place, record.id, scope, message.deduplication_id);
    if (!first.emplace(key, i).second) continue;
    auto reading = store_.read(key);
    KILN_CO_TRY(const auto entry, co_await reading);
    if (entry) {
      KILN_CO_TRY(const auto repeat, decode_repeat(entry->value));
      if (repeat.expires_ms > now) {
        repeats_.add();
        out[i] = {repeat.message_id, repeat.sequence_number};
        continue;
      }
    }
    batch.check(key, entry ? std::optional(entry->version) : std::nullopt);
    out[i].message_id = message.id;
    fresh.push_back(i);
    lines.push_back({.payload = sns::encode(FanOut{topic, message}),
                     .group = line(record.id, message.group_id)});
  }
  queue::Sent sent;
  if (!lines.empty()) {
    auto adding =
        queue_.add_sends(batch, keys::queue(place, name_of(Lane::kFanOut)), std::move(lines));
    KILN_CO_TRY(sent, co_await adding);
  }
  for (std::size_t n = 0; n < fresh.size(); ++n) {
    const Message& message = messages[fresh[n]];
    Accepted& accepted = out[fresh[n]];
    accepted.sequence_number = sequence_text(sent.items[n].sequence);
    const std::string scope = by_group ? message.group_id : "";
    const Repeat repeat{now + kRepeatWindowMs, accepted.message_id, accepted.sequence_number};
    batch.put(keys::repeat(place, record.id, scope, message.deduplication_id), encode(repeat));
    batch.put(
        keys::repeat_due(place, repeat.expires_ms, record.id, scope, message.deduplication_id), "");
  }
  if (!fresh.empty()) {
    auto committing = store_.commit(std::move(batch));
    KILN_CO_TRY_VOID(co_await committing);
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::string scope = by_group ? messages[i].group_id : "";
    const auto key = keys::repeat(place, record.id, scope, messages[i].deduplication_id);
    out[i] = out[first.at(key)];
  }
  co_return out;
}

Task<Result<bool>> Publisher::fan_out_page(FanOut fan_out) {
  return store::retry_on_conflict([this, fan_out] { return try_fan_out_page(fan_out); });
}

Task<Result<bool>> Publisher::try_fan_out_page(FanOut fan_out) {
  const Place place = fan_out.topic.place();
  const Message& message = fan_out.message;
  const std::string cursor_key = keys::cursor(place, message.id);
  auto reading = store_.read(cursor_key);
  KILN_CO_TRY(const auto cursor, co_await reading);
  auto listing = catalog_.list_subscriptions(place, message.topic_id, cursor ? cursor->value : "",
                                             kPageSubscriptions);
  KILN_CO_TRY(const auto subscriptions, co_await listing);
  std::map<Lane, std::vector<queue::Message>> sends;
  std::size_t bytes = 0;
  std::size_t seen = 0;
  FilteredMessage filtered(message);
  for (const Subscription& subscription : subscriptions) {
    const auto delivery = route(fan_out.topic, subscription, message, filtered);
    if (delivery) {
      std::string payload = encode_delivery(*delivery);
      if (bytes > 0 && bytes + payload.size() > kPageBytes) break;
      bytes += payload.size();
      const bool in_order = fan_out.topic.fifo();
      sends[lane_of(subscription.protocol)].push_back(
          {.payload = std::move(payload),
           .group = in_order ? line(subscription.id, message.group_id) : ""});
    }
    ++seen;
  }
  const bool more = seen < subscriptions.size() || seen == kPageSubscriptions;
  store::Batch batch;
  batch.check(cursor_key, cursor ? std::optional(cursor->version) : std::nullopt);
  std::vector<queue::Sent> sent;
  for (auto& [lane, messages] : sends) {
    auto adding = queue_.add_sends(batch, keys::queue(place, name_of(lane)), std::move(messages));
    KILN_CO_TRY(sent.emplace_back(), co_await adding);
  }
  // The last page leaves the cursor, so that a repeat writes nothing; who finishes erases it.
  if (seen > 0) batch.put(cursor_key, subscriptions[seen - 1].id);
  if (batch.writes.empty()) co_return false;
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return more;
}

Task<Result<bool>> Publisher::forget_repeats(Place place) {
  constexpr std::size_t kPage = 500;
  const std::string prefix = keys::repeats_due(place);
  store::Range range = store::prefix_range(prefix, kPage);
  range.end = prefix + store::key(clock_.wall().ms);
  auto scanning = store_.scan(std::move(range));
  KILN_CO_TRY(const auto entries, co_await scanning);
  store::Batch batch;
  for (const auto& entry : entries) {
    store::KeyReader key(std::string_view(entry.key).substr(prefix.size()));
    KILN_CO_TRY(const std::int64_t due, key.next_integer());
    KILN_CO_TRY(const std::string topic_id, key.next_string());
    KILN_CO_TRY(const std::string scope, key.next_string());
    KILN_CO_TRY(const std::string id, key.next_string());
    batch.erase(entry.key);
    const std::string repeat_key = keys::repeat(place, topic_id, scope, id);
    auto reading = store_.read(repeat_key);
    KILN_CO_TRY(const auto kept, co_await reading);
    if (!kept) continue;
    // The id may have come again since.
    KILN_CO_TRY(const auto repeat, decode_repeat(kept->value));
    if (repeat.expires_ms > due) continue;
    batch.check(repeat_key, kept->version).erase(repeat_key);
  }
  if (batch.writes.empty()) co_return false;
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return entries.size() == kPage;
}

}  // namespace kiln::sns
