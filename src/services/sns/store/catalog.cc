// SPDX-License-Identifier: Apache-2.0
#include "services/sns/store/catalog.h"

#include "base/crypto.h"
#include "services/sns/model/errors.h"
#include "services/sns/model/lane.h"
#include "services/sns/model/subscription_attributes.h"
#include "services/sns/store/keys.h"
#include "store/retry.h"

#include <utility>

namespace kiln::sns {
namespace {

constexpr std::size_t kGarbagePage = 200;

}  // namespace

Task<Result<std::optional<Catalog::Loaded>>> Catalog::load(TopicName name) {
  auto reading = store_.read(keys::topic(name));
  KILN_CO_TRY(auto entry, co_await reading);
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(auto topic, decode_topic(entry->value));
  topic.revision = entry->version;
  co_return Loaded{std::move(topic), std::move(entry->version)};
}

Task<Result<std::optional<Topic>>> Catalog::find_topic(TopicName name) {
  auto loading = load(std::move(name));
  KILN_CO_TRY(auto found, co_await loading);
  if (!found) co_return std::nullopt;
  co_return std::optional(std::move(found->topic));
}

Task<Result<Topic>> Catalog::ensure_topic(TopicName name, Topic wanted) {
  return store::retry_on_conflict([this, name, wanted] { return try_ensure(name, wanted); });
}

Task<Result<Topic>> Catalog::try_ensure(TopicName name, Topic wanted) {
  auto loading = load(name);
  KILN_CO_TRY(auto found, co_await loading);
  if (found) co_return std::move(found->topic);
  wanted.id = random_.uuid();
  wanted.created_ms = clock_.wall().ms;
  store::Batch batch;
  batch.check_absent(keys::topic(name)).put(keys::topic(name), encode(wanted));
  batch.put(keys::place(name.place()), "");
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return wanted;
}

Task<Status> Catalog::delete_topic(TopicName name) {
  return store::retry_on_conflict([this, name] { return try_delete(name); });
}

Task<Status> Catalog::try_delete(TopicName name) {
  auto loading = load(name);
  KILN_CO_TRY(auto found, co_await loading);
  if (!found) co_return Status{};
  store::Batch batch;
  batch.check(keys::topic(name), found->version).erase(keys::topic(name));
  batch.put(keys::garbage(name.place(), found->topic.id), arn_of(name));
  auto committing = store_.commit(std::move(batch));
  co_return co_await committing;
}

Catalog::Answer<void> Catalog::update_topic(TopicName name, ChangeTopic change) {
  return store::retry_on_conflict([this, name, change] { return try_update(name, change); });
}

Catalog::Answer<void> Catalog::try_update(TopicName name, ChangeTopic change) {
  auto loading = load(name);
  KILN_CO_TRY(auto found, co_await loading);
  if (!found) co_return aws::ApiResult<void>(aws::fail(no_such_topic()));
  if (auto changed = change(found->topic); !changed) co_return changed;
  store::Batch batch;
  batch.check(keys::topic(name), found->version).put(keys::topic(name), encode(found->topic));
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return aws::ApiResult<void>{};
}

Task<Result<std::vector<std::string>>> Catalog::list_topics(Place place, std::string after,
                                                            std::size_t limit) {
  const std::string prefix = keys::topics(place);
  store::Range range = store::prefix_range(prefix, limit);
  if (!after.empty()) {
    range.begin = keys::topic({place.account, place.region, after}) + '\0';
  }
  auto scanning = store_.scan(std::move(range));
  KILN_CO_TRY(const auto entries, co_await scanning);
  std::vector<std::string> out;
  for (const auto& entry : entries) {
    store::KeyReader key(std::string_view(entry.key).substr(prefix.size()));
    KILN_CO_TRY(out.emplace_back(), key.next_string());
  }
  co_return out;
}

Task<Result<std::vector<Place>>> Catalog::places() {
  std::vector<Place> out;
  const std::string prefix = keys::places();
  store::Range range = store::prefix_range(prefix);
  for (bool more = true; more;) {
    auto scanning = store_.scan(range);
    KILN_CO_TRY(const auto page, co_await scanning);
    for (const auto& entry : page) {
      store::KeyReader key(std::string_view(entry.key).substr(prefix.size()));
      Place place;
      KILN_CO_TRY(place.account, key.next_string());
      KILN_CO_TRY(place.region, key.next_string());
      out.push_back(std::move(place));
    }
    more = page.size() == store::kMaxScanEntries;
    if (more) range.begin = page.back().key + '\0';
  }
  co_return out;
}

Task<Result<bool>> Catalog::erase_garbage(Place place) {
  const std::string prefix = keys::all_garbage(place);
  auto looking = store_.scan(store::prefix_range(prefix, 1));
  KILN_CO_TRY(const auto first, co_await looking);
  if (first.empty()) co_return false;
  store::KeyReader key(std::string_view(first.front().key).substr(prefix.size()));
  KILN_CO_TRY(const std::string topic_id, key.next_string());
  const auto topic = parse_topic_arn(first.front().value);
  auto scanning =
      store_.scan(store::prefix_range(keys::subscriptions(place, topic_id), kGarbagePage));
  KILN_CO_TRY(const auto entries, co_await scanning);
  store::Batch batch;
  for (const auto& entry : entries) {
    KILN_CO_TRY(const auto subscription, decode_subscription(entry.value));
    if (topic) add_erasure(batch, *topic, topic_id, subscription);
  }
  if (entries.size() < kGarbagePage) batch.erase(first.front().key);
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return true;
}

}  // namespace kiln::sns
