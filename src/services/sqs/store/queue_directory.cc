// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/store/queue_directory.h"

#include "base/fields.h"
#include "services/sqs/model/attributes.h"
#include "services/sqs/store/keys.h"
#include "store/retry.h"

#include <algorithm>
#include <utility>

namespace kiln::sqs {

QueueDirectory::QueueDirectory(store::Store& store, const Clock& clock, Random& random,
                               Executor& home, std::int64_t wait_after_deletion_ms)
    : store_(store),
      clock_(clock),
      random_(random),
      home_(home),
      wait_after_deletion_ms_(wait_after_deletion_ms) {}

QueueDirectory::EntryPtr QueueDirectory::entry_of(const std::string& key) {
  if (const EntryPtr* known = entries_.find(key)) return *known;
  auto entry = std::make_shared<Entry>();
  entry->watch = store_.watch(key, home_, [weak = std::weak_ptr<Entry>(entry)] {
    if (const auto watched = weak.lock()) {
      watched->queue = nullptr;
      ++watched->generation;
    }
  });
  entries_.put(key, entry);
  return entry;
}

void QueueDirectory::forget(const QueueName& name) {
  if (const EntryPtr* known = entries_.find(keys::queue(name))) {
    (*known)->queue = nullptr;
    ++(*known)->generation;
  }
}

// The watch stands before the read, so a change during the read is not missed.
Task<Result<QueuePtr>> QueueDirectory::find(QueueName name) {
  std::string key = keys::queue(name);
  const EntryPtr entry = entry_of(key);
  if (entry->queue) co_return entry->queue;
  const std::uint64_t generation = entry->generation;
  auto reading = store_.read(std::move(key));
  KILN_CO_TRY(const auto found, co_await reading);
  if (!found) co_return QueuePtr();
  auto queue = std::make_shared<Queue>();
  KILN_CO_TRY(queue->record, decode_queue(found->value));
  queue->settings = settings_of(queue->record.attributes);
  queue->messages = keys::messages(name, queue->record.id);
  queue->name = std::move(name);
  if (entry->generation == generation) entry->queue = queue;
  co_return QueuePtr(std::move(queue));
}

Task<Result<Made>> QueueDirectory::create(QueueName name, TextMap attributes, TextMap tags) {
  const std::int64_t now = clock_.wall().ms;
  QueueRecord record{.id = random_.text(16, "0123456789abcdef"),
                     .created_ms = now,
                     .modified_ms = now,
                     .attributes = std::move(attributes),
                     .tags = std::move(tags)};
  auto creating = store::retry_on_conflict([&] { return try_create(name, record); });
  auto made = co_await creating;
  forget(name);
  co_return made;
}

Task<Result<Made>> QueueDirectory::try_create(QueueName name, QueueRecord record) {
  auto reading = store_.read(keys::queue(name));
  KILN_CO_TRY(const auto existing, co_await reading);
  if (existing) co_return Made::kExists;
  auto reading_deleted = store_.read(keys::deleted(name));
  KILN_CO_TRY(const auto deleted, co_await reading_deleted);
  store::Batch batch;
  if (deleted) {
    FieldReader in(deleted->value);
    const std::int64_t when = in.number();
    KILN_CO_TRY_VOID(in.status());
    if (clock_.wall().ms < when + wait_after_deletion_ms_) co_return Made::kDeletedRecently;
    batch.erase(deleted->key);
  }
  batch.check_absent(keys::queue(name)).put(keys::queue(name), encode(record));
  batch.put(keys::queue_entry(name), "");
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return Made::kCreated;
}

Task<Result<bool>> QueueDirectory::update(QueueName name,
                                          std::function<Status(QueueRecord&)> change) {
  auto updating = store::retry_on_conflict([&] { return try_update(name, change); });
  auto done = co_await updating;
  forget(name);
  co_return done;
}

Task<Result<bool>> QueueDirectory::try_update(QueueName name,
                                              const std::function<Status(QueueRecord&)>& change) {
  auto reading = store_.read(keys::queue(name));
  KILN_CO_TRY(auto found, co_await reading);
  if (!found) co_return false;
  KILN_CO_TRY(QueueRecord record, decode_queue(found->value));
  KILN_CO_TRY_VOID(change(record));
  store::Batch batch;
  batch.check(found->key, std::move(found->version)).put(found->key, encode(record));
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return true;
}

Task<Result<bool>> QueueDirectory::remove(QueueName name) {
  auto removing = store::retry_on_conflict([&] { return try_remove(name); });
  auto done = co_await removing;
  forget(name);
  co_return done;
}

Task<Result<bool>> QueueDirectory::try_remove(QueueName name) {
  auto reading = store_.read(keys::queue(name));
  KILN_CO_TRY(auto found, co_await reading);
  if (!found) co_return false;
  KILN_CO_TRY(const QueueRecord record, decode_queue(found->value));
  store::Batch batch;
  batch.check(found->key, std::move(found->version)).erase(found->key);
  batch.erase(keys::queue_entry(name)).put(keys::garbage(name, record.id), "");
  if (wait_after_deletion_ms_ > 0) {
    batch.put(keys::deleted(name), FieldWriter().number(clock_.wall().ms).bytes());
  }
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return true;
}

Task<Result<std::vector<std::string>>> QueueDirectory::list(std::string account, std::string region,
                                                            std::string prefix, std::string after,
                                                            std::size_t limit) {
  const std::string all = keys::queues(account, region);
  std::string begin = keys::queue({account, region, prefix});
  begin.pop_back();  // the end of the string element
  store::Range range = store::prefix_range(begin, limit);
  if (!after.empty()) {
    range.begin = std::max(range.begin, keys::queue({account, region, after}) + '\0');
  }
  auto scanning = store_.scan(std::move(range));
  KILN_CO_TRY(const auto entries, co_await scanning);
  std::vector<std::string> out;
  for (const store::Entry& entry : entries) {
    store::KeyReader key(std::string_view(entry.key).substr(all.size()));
    KILN_CO_TRY(std::string name, key.next_string());
    out.push_back(std::move(name));
  }
  co_return out;
}

Task<Result<std::vector<std::pair<QueueName, QueueRecord>>>> QueueDirectory::list_records(
    std::string account, std::string region, std::string after, std::size_t limit) {
  const std::string all = keys::queues(account, region);
  store::Range range = store::prefix_range(all, limit);
  if (!after.empty()) range.begin = keys::queue({account, region, after}) + '\0';
  auto scanning = store_.scan(std::move(range));
  KILN_CO_TRY(const auto entries, co_await scanning);
  std::vector<std::pair<QueueName, QueueRecord>> out;
  for (const store::Entry& entry : entries) {
    store::KeyReader key(std::string_view(entry.key).substr(all.size()));
    KILN_CO_TRY(std::string name, key.next_string());
    KILN_CO_TRY(QueueRecord record, decode_queue(entry.value));
    out.emplace_back(QueueName{account, region, std::move(name)}, std::move(record));
  }
  co_return out;
}

Task<Result<std::vector<QueueName>>> QueueDirectory::list_all(std::optional<QueueName> after,
                                                              std::size_t limit) {
  store::Range range = store::prefix_range(keys::queue_index(), limit);
  if (after) range.begin = keys::queue_entry(*after) + '\0';
  auto scanning = store_.scan(std::move(range));
  KILN_CO_TRY(const auto entries, co_await scanning);
  std::vector<QueueName> out;
  for (const store::Entry& entry : entries) {
    store::KeyReader key(entry.key);
    QueueName name;
    KILN_CO_TRY_VOID(key.next_string());
    KILN_CO_TRY(name.account, key.next_string());
    KILN_CO_TRY(name.region, key.next_string());
    KILN_CO_TRY(name.name, key.next_string());
    out.push_back(std::move(name));
  }
  co_return out;
}

}  // namespace kiln::sqs
