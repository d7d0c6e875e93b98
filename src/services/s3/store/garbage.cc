// SPDX-License-Identifier: Apache-2.0
#include "services/s3/store/garbage.h"

#include "async/executor.h"
#include "base/log.h"
#include "services/s3/store/keys.h"

#include <algorithm>

namespace kiln::s3 {
namespace {

constexpr std::int64_t kRetryMs = 5'000;

// The bucket that a garbage key names, as far as keys need it, and the id.
Result<std::pair<Bucket, std::string>> read_key(std::string_view key) {
  store::KeyReader reader(key);
  std::pair<Bucket, std::string> out;
  KILN_TRY([[maybe_unused]] auto space, reader.next_string());
  KILN_TRY(out.first.account, reader.next_string());
  KILN_TRY(out.first.region, reader.next_string());
  KILN_TRY(out.first.id, reader.next_string());
  KILN_TRY(out.second, reader.next_string());
  return out;
}

}  // namespace

Garbage::Garbage(store::Store& store, Bodies& bodies, Clock& clock, Metrics& metrics)
    : store_(store),
      bodies_(bodies),
      clock_(clock),
      swept_(metrics.counter("kiln_s3_swept_blobs_total")),
      failures_(metrics.counter("kiln_s3_garbage_failures_total")) {}

void Garbage::start() {
  wake();
  spawn(sweep_forever(gate_.enter()));
}

Task<void> Garbage::stop() {
  stop_.request_stop();
  auto closed = gate_.closed();
  co_await closed;
}

void Garbage::wake() {
  again_ = true;
  if (working_ || stop_.stop_requested()) return;
  working_ = true;
  spawn(run(gate_.enter()));
}

Task<void> Garbage::run(Gate::Pass) {
  while (again_ && !stop_.stop_requested()) {
    again_ = false;
    auto task = clear();
    const auto cleared = co_await std::move(task);
    if (cleared) continue;
    failures_.add();
    log::warn("s3", "remove what was let go: " + cleared.error().message);
    again_ = true;
    if (co_await sleep_ms(clock_, kRetryMs, stop_.get_token()) == Woken::kStopped) break;
  }
  working_ = false;
}

Task<Status> Garbage::clear() {
  while (!stop_.stop_requested()) {
    KILN_CO_TRY(auto entries, co_await store_.scan(store::prefix_range(keys::all_garbage(), 100)));
    if (entries.empty()) co_return Status{};
    for (const auto& entry : entries) {
      if (stop_.stop_requested()) co_return Status{};
      KILN_CO_TRY(auto named, read_key(entry.key));
      const auto& [bucket, id] = named;
      if (id.empty()) {
        KILN_CO_TRY_VOID(co_await clear_bucket(bucket));
      } else if (entry.value.starts_with(kUpload)) {
        KILN_CO_TRY_VOID(co_await clear_uploaded_parts(bucket, id));
      } else {
        KILN_CO_TRY_VOID(co_await clear_pages(bucket, id));
      }
      store::Batch batch;
      batch.erase(entry.key);
      KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
    }
  }
  co_return Status{};
}

Task<Status> Garbage::clear_pages(Bucket bucket, std::string id) {
  store::Range range = store::prefix_range(keys::parts_pages(bucket, id), 1);
  while (true) {
    KILN_CO_TRY(auto pages, co_await store_.scan(range));
    if (pages.empty()) co_return Status{};
    KILN_CO_TRY(auto parts, decode_parts(pages[0].value));
    store::Batch batch;
    batch.erase(pages[0].key);
    std::vector<std::string> blobs;
    for (auto& part : parts) {
      if (part.bytes.blob.empty()) continue;
      batch.erase(keys::blob(part.bytes.blob));
      blobs.push_back(std::move(part.bytes.blob));
    }
    KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
    bodies_.let_go(id, std::move(blobs));
  }
}

Task<Status> Garbage::clear_uploaded_parts(Bucket bucket, std::string id) {
  while (true) {
    KILN_CO_TRY(auto entries,
                co_await store_.scan(store::prefix_range(keys::uploaded_parts(bucket, id), 500)));
    if (entries.empty()) co_return Status{};
    store::Batch batch;
    std::vector<std::string> blobs;
    for (const auto& entry : entries) {
      KILN_CO_TRY(auto part, decode_uploaded_part(entry.value));
      batch.erase(entry.key);
      if (part.bytes.blob.empty()) continue;
      batch.erase(keys::blob(part.bytes.blob));
      blobs.push_back(std::move(part.bytes.blob));
    }
    KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
    bodies_.let_go(id, std::move(blobs));
  }
}

// What a removed bucket may still have: uploads under way, and heads of keys.
Task<Status> Garbage::clear_bucket(Bucket bucket) {
  while (true) {
    KILN_CO_TRY(auto uploads,
                co_await store_.scan(store::prefix_range(keys::uploads(bucket), 100)));
    if (uploads.empty()) break;
    for (const auto& entry : uploads) {
      KILN_CO_TRY(auto upload, decode_upload(entry.value));
      KILN_CO_TRY_VOID(co_await clear_uploaded_parts(bucket, upload.parts_id));
      store::Batch batch;
      batch.erase(entry.key);
      KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
    }
  }
  auto task = clear_prefix(keys::of(bucket, "head"));
  co_return co_await std::move(task);
}

Task<Status> Garbage::clear_prefix(std::string prefix) {
  while (true) {
    KILN_CO_TRY(auto entries, co_await store_.scan(store::prefix_range(prefix)));
    if (entries.empty()) co_return Status{};
    store::Batch batch;
    for (const auto& entry : entries) batch.erase(entry.key);
    KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  }
}

Task<void> Garbage::sweep_forever(Gate::Pass) {
  while (co_await sleep_ms(clock_, kSweepEveryMs, stop_.get_token()) == Woken::kDeadline) {
    auto task = sweep(kGraceMs);
    const auto swept = co_await std::move(task);
    if (!swept) log::warn("s3", "sweep of blobs: " + swept.error().message);
  }
}

// Folder by folder: ids on disk and reference keys are both in order.
Task<Result<std::size_t>> Garbage::sweep(std::int64_t grace_ms) {
  std::size_t removed = 0;
  for (int folder = 0; folder < blob::OwnedBlobs::kFolders; ++folder) {
    if (stop_.stop_requested()) break;
    KILN_CO_TRY(auto ids, co_await bodies_.blobs().aged(folder, grace_ms));
    if (ids.empty()) continue;
    std::vector<std::string> orphans;
    KILN_CO_TRY(orphans, co_await unreferenced(std::move(ids)));
    if (orphans.empty()) continue;
    removed += orphans.size();
    swept_.add(static_cast<std::int64_t>(orphans.size()));
    KILN_CO_TRY_VOID(co_await bodies_.blobs().remove(std::move(orphans)));
  }
  co_return removed;
}

// `ids` is sorted.
Task<Result<std::vector<std::string>>> Garbage::unreferenced(std::vector<std::string> ids) {
  std::vector<std::string> out;
  auto id = ids.begin();
  store::Range range{.begin = keys::blob(ids.front()), .end = keys::blob(ids.back()) + '\0'};
  while (id != ids.end()) {
    KILN_CO_TRY(auto entries, co_await store_.scan(range));
    // Keys are in the order of ids only as encoded.
    for (const auto& entry : entries) {
      for (; id != ids.end() && keys::blob(*id) < entry.key; ++id) out.push_back(*id);
      if (id != ids.end() && keys::blob(*id) == entry.key) ++id;
    }
    if (entries.size() < range.limit) {
      out.insert(out.end(), id, ids.end());
      break;
    }
    range.begin = entries.back().key + '\0';
  }
  co_return out;
}

}  // namespace kiln::s3
