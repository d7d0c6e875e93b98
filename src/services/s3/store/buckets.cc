// SPDX-License-Identifier: Apache-2.0
#include "services/s3/store/buckets.h"

#include "services/s3/model/errors.h"
#include "services/s3/store/keys.h"
#include "store/retry.h"

#include <algorithm>

namespace kiln::s3 {

Buckets::Buckets(store::Store& store, Executor& home, Clock& clock, Random& random)
    : store_(store), clock_(clock), random_(random) {
  watch_ = store.watch(keys::all_buckets(), home, [this] {
    ++generation_;
    cache_.clear();
  });
}

Task<Result<BucketPtr>> Buckets::find(std::string name) {
  if (const BucketPtr* kept = cache_.find(name); kept && *kept) co_return *kept;
  const std::uint64_t generation = generation_;
  KILN_CO_TRY(BucketPtr loaded, co_await load(name));
  if (loaded && generation == generation_) cache_.put(std::move(name), loaded);
  co_return loaded;
}

Task<Result<BucketPtr>> Buckets::load(std::string name) {
  KILN_CO_TRY(auto at, co_await store_.snapshot());
  KILN_CO_TRY(auto entry, co_await store_.read(keys::bucket(name), at));
  if (!entry) co_return BucketPtr();
  auto state = std::make_shared<BucketState>();
  KILN_CO_TRY(state->bucket, decode_bucket(entry->value));
  state->version = std::move(entry->version);
  const std::string prefix = keys::configs(state->bucket);
  KILN_CO_TRY(auto entries, co_await store_.scan(store::prefix_range(prefix), at));
  for (auto& config : entries) {
    store::KeyReader reader(std::string_view(config.key).substr(prefix.size()));
    KILN_CO_TRY(auto kind, reader.next_string());
    state->configs[std::move(kind)] = std::move(config.value);
  }
  co_return BucketPtr(std::move(state));
}

Task<aws::ApiResult<BucketPtr>> Buckets::get(std::string name) {
  KILN_S3_TRY(BucketPtr found, co_await find(name));
  if (!found) co_return aws::fail(no_such_bucket(name));
  co_return found;
}

Task<aws::ApiResult<BucketPtr>> Buckets::get_for_writing(std::string name) {
  KILN_S3_ASK(BucketPtr found, co_await get(name));
  const std::int64_t until = found->bucket.closed_until_ms;
  if (until == 0) co_return found;
  if (clock_.wall().ms < until) co_return aws::fail(operation_aborted());
  // Whoever closed it did not live to say how it ended; after this it could not remove it any more.
  KILN_S3_CHECK(co_await close_until(name, 0));
  co_return co_await get(name);
}

Task<Result<bool>> Buckets::create(Bucket bucket, Configs configs) {
  bucket.id = random_.bytes(16);
  store::Batch batch;
  batch.check_absent(keys::bucket(bucket.name));
  batch.put(keys::bucket(bucket.name), encode(bucket));
  batch.put(keys::owned(bucket.account, bucket.name), encode(bucket));
  for (const auto& [kind, text] : configs) batch.put(keys::config(bucket, kind), text);
  auto committed = co_await store_.commit(std::move(batch));
  if (!committed && committed.error().code == ErrorCode::kConflict) co_return false;
  if (!committed) co_return std::unexpected(std::move(committed.error()));
  co_return true;
}

Task<Result<std::vector<Bucket>>> Buckets::list(std::string account, std::string prefix,
                                                std::string after, std::size_t limit) {
  const std::string begin = keys::open_end(keys::owned(account, prefix));
  store::Range range = store::prefix_range(begin);
  if (!after.empty() && after >= prefix) range.begin = keys::owned(account, after) + '\0';
  std::vector<Bucket> out;
  while (out.size() < limit) {
    range.limit = std::min(limit - out.size(), store::kMaxScanEntries);
    KILN_CO_TRY(auto entries, co_await store_.scan(range));
    for (const auto& entry : entries) {
      KILN_CO_TRY(auto bucket, decode_bucket(entry.value));
      out.push_back(std::move(bucket));
    }
    if (entries.size() < range.limit) break;
    range.begin = entries.back().key + '\0';
  }
  co_return out;
}

Task<Status> Buckets::commit_change(BucketPtr from, Bucket bucket, Configs configs) {
  store::Batch batch;
  const std::string key = keys::bucket(bucket.name);
  batch.check(key, from->version).put(key, encode(bucket));
  for (const auto& [kind, text] : configs) {
    const std::string* old = from->config(kind);
    if (!old || *old != text) batch.put(keys::config(bucket, kind), text);
  }
  for (const auto& [kind, text] : from->configs) {
    if (!configs.contains(kind)) batch.erase(keys::config(bucket, kind));
  }
  auto committed = co_await store_.commit(std::move(batch));
  forget(bucket.name);
  co_return committed;
}

Task<aws::ApiResult<void>> Buckets::update(std::string name, Change change) {
  for (int tries = 1;; ++tries) {
    KILN_S3_TRY(BucketPtr found, co_await load(name));
    if (!found) co_return aws::fail(no_such_bucket(name));
    Bucket bucket = found->bucket;
    Configs configs = found->configs;
    if (auto changed = change(bucket, configs); !changed) co_return changed;
    auto task = commit_change(found, std::move(bucket), std::move(configs));
    auto committed = co_await std::move(task);
    if (committed) co_return aws::ApiResult<void>();
    const bool again = committed.error().code == ErrorCode::kConflict;
    if (!again || tries == store::kMaxConflictRetries)
      co_return aws::fail(internal_error(committed.error()));
  }
}

Task<Result<bool>> Buckets::empty(const Bucket& bucket) {
  for (std::string prefix : {keys::currents(bucket), keys::all_versions(bucket)}) {
    KILN_CO_TRY(auto entries, co_await store_.scan(store::prefix_range(prefix, 1)));
    if (!entries.empty()) co_return false;
  }
  co_return true;
}

// Closed, looked through, removed: whoever adds an object checks the bucket's version, so nothing
// slips in between.
Task<aws::ApiResult<void>> Buckets::close_until(std::string name, std::int64_t time_ms) {
  auto task = update(std::move(name), [time_ms](Bucket& bucket, Configs&) -> aws::ApiResult<void> {
    bucket.closed_until_ms = time_ms;
    return {};
  });
  co_return co_await std::move(task);
}

Task<aws::ApiResult<void>> Buckets::remove(std::string name) {
  KILN_S3_CHECK(co_await close_until(name, clock_.wall().ms + kCloseMs));
  KILN_S3_TRY(BucketPtr closed, co_await load(name));
  if (!closed) co_return aws::fail(no_such_bucket(name));
  KILN_S3_TRY(const bool is_empty, co_await empty(closed->bucket));
  if (!is_empty) {
    KILN_S3_CHECK(co_await close_until(name, 0));
    co_return aws::fail({"BucketNotEmpty",
                         409,
                         "The bucket you tried to delete is not empty",
                         {{"BucketName", name}},
                         {}});
  }
  store::Batch batch;
  batch.check(keys::bucket(name), closed->version).erase(keys::bucket(name));
  batch.erase(keys::owned(closed->bucket.account, name));
  batch.put(keys::garbage(closed->bucket, ""), encode(closed->bucket));
  for (const auto& [kind, text] : closed->configs) batch.erase(keys::config(closed->bucket, kind));
  auto committed = co_await store_.commit(std::move(batch));
  forget(name);
  if (!committed && committed.error().code == ErrorCode::kConflict)
    co_return aws::fail(operation_aborted());
  KILN_S3_CHECK_STATUS(committed);
  co_return aws::ApiResult<void>();
}

}  // namespace kiln::s3
