// SPDX-License-Identifier: Apache-2.0
// The part of Catalog that keeps subscriptions.
#include "base/crypto.h"
#include "base/encoding.h"
#include "gen/sns/errors.h"
#include "services/sns/model/errors.h"
#include "services/sns/model/lane.h"
#include "services/sns/model/subscription_attributes.h"
#include "services/sns/store/catalog.h"
#include "services/sns/store/keys.h"
#include "store/retry.h"

#include <utility>

namespace kiln::sns {
namespace {

constexpr std::int64_t kTokenLifeMs = 2 * 24 * 60 * 60 * 1'000LL;
constexpr std::size_t kMaxEndpointInKey = 512;

std::string endpoint_key(const Place& place, const std::string& topic_id,
                         const Subscription& subscription) {
  const std::string& endpoint = subscription.endpoint;
  return keys::endpoint(place, topic_id, subscription.protocol,
                        endpoint.size() <= kMaxEndpointInKey ? endpoint : sha256_hex(endpoint));
}

// Tokens begin with the id of their subscription, without its dashes.
std::optional<std::string> id_in_token(std::string_view token) {
  if (token.size() < 32) return std::nullopt;
  std::string id(token.substr(0, 32));
  for (const std::size_t at : {20, 16, 12, 8}) id.insert(at, "-");
  if (!is_uuid(id)) return std::nullopt;
  return id;
}

constexpr std::int64_t kMaxFilterPolicies = 200;  // of a topic

std::int64_t filters(const Subscription& subscription) {
  return subscription.attributes.contains("FilterPolicy") ? 1 : 0;
}

std::optional<aws::ApiError> count_filters(Topic& topic, std::int64_t change) {
  topic.filter_policies += change;
  if (change <= 0 || topic.filter_policies <= kMaxFilterPolicies) return std::nullopt;
  return gen::sns::filter_policy_limit_exceeded_exception(
      "Topic has reached its limit of " + std::to_string(kMaxFilterPolicies) + " filter policies");
}

template <class T>
aws::ApiResult<T> refuse(aws::ApiError error) {
  return aws::fail(std::move(error));
}

}  // namespace

std::string Catalog::new_token(const Subscription& subscription) {
  std::string out;
  for (const char c : subscription.id) {
    if (c != '-') out.push_back(c);
  }
  return out + hex_encode(random_.bytes(48));
}

Result<queue::Sent> Catalog::add_confirmation(store::Batch& batch, const TopicName& topic,
                                              const Topic& record, const Subscription& subscription,
                                              Delivery::Kind kind) {
  Delivery delivery{.kind = kind,
                    .topic = topic,
                    .subscription_id = subscription.id,
                    .protocol = subscription.protocol,
                    .endpoint = subscription.endpoint,
                    .base_url = subscription.base_url,
                    .token = subscription.token};
  delivery.message.id = random_.uuid();
  delivery.message.topic_id = record.id;
  delivery.message.published_ms = clock_.wall().ms;
  return queue_.add_send(batch, keys::queue(topic.place(), name_of(lane_of(subscription.protocol))),
                         {.payload = encode(delivery)});
}

void Catalog::add_erasure(store::Batch& batch, const TopicName& topic, const std::string& topic_id,
                          const Subscription& subscription) {
  const Place place = topic.place();
  batch.erase(keys::subscription(place, topic_id, subscription.id));
  batch.erase(endpoint_key(place, topic_id, subscription));
  batch.erase(keys::owned({subscription.owner, topic.region}, arn_of(topic), subscription.id));
}

Task<Result<std::optional<Found>>> Catalog::find_subscription(SubscriptionName name) {
  auto loading = load(name.topic);
  KILN_CO_TRY(auto topic, co_await loading);
  if (!topic) co_return std::nullopt;
  auto reading = store_.read(keys::subscription(name.topic.place(), topic->topic.id, name.id));
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(auto subscription, decode_subscription(entry->value));
  co_return Found{std::move(topic->topic), std::move(subscription)};
}

Catalog::Answer<Subscribed> Catalog::subscribe(TopicName topic, Subscription wanted) {
  return store::retry_on_conflict([this, topic, wanted] { return try_subscribe(topic, wanted); });
}

Catalog::Answer<Subscribed> Catalog::try_subscribe(TopicName topic, Subscription wanted) {
  auto loading = load(topic);
  KILN_CO_TRY(auto loaded, co_await loading);
  if (!loaded) co_return refuse<Subscribed>(no_such_topic());
  const Place place = topic.place();
  const std::string unique = endpoint_key(place, loaded->topic.id, wanted);
  auto reading = store_.read(unique);
  KILN_CO_TRY(const auto taken, co_await reading);
  if (taken) {
    auto again =
        subscribe_again(std::move(topic), std::move(*loaded), taken->value, std::move(wanted));
    co_return co_await again;
  }
  wanted.id = random_.uuid();
  wanted.created_ms = clock_.wall().ms;
  wanted.confirmed = !needs_confirmation(wanted);
  wanted.authenticated = wanted.confirmed;
  store::Batch batch;
  queue::Sent sent;
  if (!wanted.confirmed) {
    wanted.token = new_token(wanted);
    wanted.token_expires_ms = clock_.wall().ms + kTokenLifeMs;
    KILN_CO_TRY(sent,
                add_confirmation(batch, topic, loaded->topic, wanted, Delivery::Kind::kSubscribe));
  }
  ++(wanted.confirmed ? loaded->topic.confirmed : loaded->topic.pending);
  if (auto full = count_filters(loaded->topic, filters(wanted))) {
    co_return refuse<Subscribed>(std::move(*full));
  }
  batch.check(keys::topic(topic), loaded->version).put(keys::topic(topic), encode(loaded->topic));
  batch.check_absent(unique).put(unique, wanted.id);
  batch.put(keys::subscription(place, loaded->topic.id, wanted.id), encode(wanted));
  batch.put(keys::owned({wanted.owner, topic.region}, arn_of(topic), wanted.id), loaded->topic.id);
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return aws::ApiResult<Subscribed>(Subscribed{std::move(wanted), false});
}

// The endpoint is subscribed already. A pending one gets a new token; a confirmed one stays as it
// is, and attributes that differ are refused.
Catalog::Answer<Subscribed> Catalog::subscribe_again(TopicName name, Loaded loaded, std::string id,
                                                     Subscription wanted) {
  const std::string key = keys::subscription(name.place(), loaded.topic.id, id);
  auto reading = store_.read(key);
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return fail(ErrorCode::kConflict, "the subscription is changing");
  KILN_CO_TRY(auto present, decode_subscription(entry->value));
  for (const auto& [attribute, value] : wanted.attributes) {
    const auto own = present.attributes.find(attribute);
    if (own != present.attributes.end() && own->second == value) continue;
    co_return refuse<Subscribed>(invalid_parameter(
        "Attributes Reason: Subscription already exists with different attributes"));
  }
  if (present.confirmed) {
    co_return aws::ApiResult<Subscribed>(Subscribed{std::move(present), true});
  }
  present.token = new_token(present);
  present.token_expires_ms = clock_.wall().ms + kTokenLifeMs;
  present.base_url = wanted.base_url;
  store::Batch batch;
  batch.check(key, entry->version).put(key, encode(present));
  KILN_CO_TRY(const auto sent,
              add_confirmation(batch, name, loaded.topic, present, Delivery::Kind::kSubscribe));
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return aws::ApiResult<Subscribed>(Subscribed{std::move(present), true});
}

Catalog::Answer<SubscriptionName> Catalog::confirm(TopicName topic, std::string token,
                                                   bool authenticated,
                                                   bool authenticate_on_unsubscribe) {
  const SubscriptionName name{std::move(topic), id_in_token(token).value_or("")};
  auto attempt = [this, name, token, authenticated, authenticate_on_unsubscribe] {
    return try_confirm(name, token, authenticated, authenticate_on_unsubscribe);
  };
  return store::retry_on_conflict(attempt);
}

Catalog::Answer<SubscriptionName> Catalog::try_confirm(SubscriptionName name, std::string token,
                                                       bool authenticated,
                                                       bool authenticate_on_unsubscribe) {
  auto loading = load(name.topic);
  KILN_CO_TRY(auto loaded, co_await loading);
  if (!loaded) co_return refuse<SubscriptionName>(no_such_topic());
  const std::string key = keys::subscription(name.topic.place(), loaded->topic.id, name.id);
  auto reading = store_.read(key);
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return refuse<SubscriptionName>(invalid_parameter("Token"));
  KILN_CO_TRY(auto present, decode_subscription(entry->value));
  if (!constant_time_equal(present.token, token) || present.token_expires_ms <= clock_.wall().ms) {
    co_return refuse<SubscriptionName>(invalid_parameter("Token"));
  }
  // Whoever follows the link twice is told the same.
  if (present.confirmed) co_return aws::ApiResult<SubscriptionName>(std::move(name));
  present.confirmed = true;
  present.authenticated = authenticated;
  present.authenticate_on_unsubscribe = authenticate_on_unsubscribe;
  --loaded->topic.pending;
  ++loaded->topic.confirmed;
  store::Batch batch;
  batch.check(key, entry->version).put(key, encode(present));
  batch.check(keys::topic(name.topic), loaded->version)
      .put(keys::topic(name.topic), encode(loaded->topic));
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return aws::ApiResult<SubscriptionName>(std::move(name));
}

Task<Status> Catalog::unsubscribe(SubscriptionName name, bool say_so) {
  return store::retry_on_conflict([this, name, say_so] { return try_unsubscribe(name, say_so); });
}

Task<Status> Catalog::try_unsubscribe(SubscriptionName name, bool say_so) {
  auto loading = load(name.topic);
  KILN_CO_TRY(auto loaded, co_await loading);
  if (!loaded) co_return Status{};
  const std::string key = keys::subscription(name.topic.place(), loaded->topic.id, name.id);
  auto reading = store_.read(key);
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return Status{};
  KILN_CO_TRY(const auto present, decode_subscription(entry->value));
  --(present.confirmed ? loaded->topic.confirmed : loaded->topic.pending);
  ++loaded->topic.deleted;
  count_filters(loaded->topic, -filters(present));
  store::Batch batch;
  queue::Sent sent;
  if (say_so && present.confirmed && present.protocol.starts_with("http")) {
    KILN_CO_TRY(sent, add_confirmation(batch, name.topic, loaded->topic, present,
                                       Delivery::Kind::kUnsubscribe));
  }
  batch.check(key, entry->version);
  add_erasure(batch, name.topic, loaded->topic.id, present);
  batch.check(keys::topic(name.topic), loaded->version)
      .put(keys::topic(name.topic), encode(loaded->topic));
  auto committing = store_.commit(std::move(batch));
  co_return co_await committing;
}

Catalog::Answer<void> Catalog::update_subscription(SubscriptionName name,
                                                   ChangeSubscription change) {
  return store::retry_on_conflict(
      [this, name, change] { return try_update_subscription(name, change); });
}

Catalog::Answer<void> Catalog::try_update_subscription(SubscriptionName name,
                                                       ChangeSubscription change) {
  auto loading = load(name.topic);
  KILN_CO_TRY(auto loaded, co_await loading);
  if (!loaded) co_return refuse<void>(no_such_subscription());
  const std::string key = keys::subscription(name.topic.place(), loaded->topic.id, name.id);
  auto reading = store_.read(key);
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return refuse<void>(no_such_subscription());
  KILN_CO_TRY(auto present, decode_subscription(entry->value));
  const std::int64_t had = filters(present);
  if (auto changed = change(loaded->topic, present); !changed) co_return changed;
  store::Batch batch;
  batch.check(key, entry->version).put(key, encode(present));
  if (const std::int64_t more = filters(present) - had; more != 0) {
    if (auto full = count_filters(loaded->topic, more)) co_return refuse<void>(std::move(*full));
  }
  batch.check(keys::topic(name.topic), loaded->version)
      .put(keys::topic(name.topic), encode(loaded->topic));
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return aws::ApiResult<void>{};
}

Task<Result<std::vector<Subscription>>> Catalog::list_subscriptions(Place place,
                                                                    std::string topic_id,
                                                                    std::string after,
                                                                    std::size_t limit) {
  store::Range range = store::prefix_range(keys::subscriptions(place, topic_id), limit);
  if (!after.empty()) range.begin = keys::subscription(place, topic_id, after) + '\0';
  auto scanning = store_.scan(std::move(range));
  KILN_CO_TRY(const auto entries, co_await scanning);
  std::vector<Subscription> out;
  for (const auto& entry : entries) {
    KILN_CO_TRY(out.emplace_back(), decode_subscription(entry.value));
  }
  co_return out;
}

Task<Result<Catalog::OwnedPage>> Catalog::list_owned(Place owner, std::string after,
                                                     std::size_t limit) {
  const std::string prefix = keys::all_owned(owner);
  store::Range range = store::prefix_range(prefix, limit);
  if (const auto last = parse_subscription_arn(after)) {
    range.begin = keys::owned(owner, arn_of(last->topic), last->id) + '\0';
  }
  auto scanning = store_.scan(std::move(range));
  KILN_CO_TRY(const auto entries, co_await scanning);
  OwnedPage out;
  SubscriptionName name;
  for (const auto& entry : entries) {
    store::KeyReader key(std::string_view(entry.key).substr(prefix.size()));
    KILN_CO_TRY(const std::string topic_arn, key.next_string());
    KILN_CO_TRY(name.id, key.next_string());
    const auto topic = parse_topic_arn(topic_arn);
    if (!topic) continue;
    name.topic = *topic;
    auto finding = find_subscription(name);
    KILN_CO_TRY(auto found, co_await finding);
    if (found) out.items.push_back({name, std::move(found->subscription)});
  }
  if (entries.size() == limit) out.next = arn_of(name);
  co_return out;
}

}  // namespace kiln::sns
