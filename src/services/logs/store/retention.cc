// SPDX-License-Identifier: Apache-2.0
#include "services/logs/store/retention.h"

#include "async/executor.h"
#include "base/log.h"
#include "services/logs/model/chunk.h"
#include "store/retry.h"

#include <limits>
#include <utility>

namespace kiln::logs {

namespace {
// A scan answers values too: 64 chunks are 4 MiB at most.
constexpr std::size_t kPage = 64;
constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();

void warn(const char* what, const Status& status) {
  if (!status && status.error().code != ErrorCode::kCancelled) {
    log::warn("logs", std::string(what) + ": " + status.error().message);
  }
}
}  // namespace

RetentionWorker::RetentionWorker(store::Store& store, Catalog& catalog, Clock& clock,
                                 Metrics& metrics)
    : store_(store),
      catalog_(catalog),
      clock_(clock),
      erased_(metrics.counter("kiln_logs_erased_values_total")) {}

void RetentionWorker::start() {
  started_ = true;
  spawn(run(gate_.enter()));
}

Task<void> RetentionWorker::stop() {
  started_ = false;
  stop_.request_stop();
  co_await gate_.closed();
}

void RetentionWorker::collect_soon() {
  if (started_ && !collecting_) spawn(collect_in_background(gate_.enter()));
}

Task<void> RetentionWorker::run(Gate::Pass pass) {
  for (;;) {
    warn("erase expired events", co_await sweep());
    if (co_await sleep_ms(clock_, kIntervalMs, stop_.get_token()) == Woken::kStopped) co_return;
  }
}

Task<void> RetentionWorker::collect_in_background(Gate::Pass pass) {
  collecting_ = true;
  warn("erase what deleted logs left", co_await collect_garbage());
  collecting_ = false;
}

Task<Status> RetentionWorker::sweep() {
  const Status collected = co_await collect_garbage();
  const Status expired = co_await expire_events();
  co_return collected ? expired : collected;
}

Task<Status> RetentionWorker::collect_garbage() {
  for (;;) {
    store::Range range = store::prefix_range(keys::garbage_index(), kPage);
    KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
    if (entries.empty()) co_return Status{};
    for (const auto& entry : entries) {
      store::KeyReader reader(entry.key);
      KILN_CO_TRY_VOID(reader.next_string());
      keys::StreamId id;
      for (std::string* part : {&id.account, &id.region, &id.group_id, &id.stream_id}) {
        KILN_CO_TRY(*part, reader.next_string());
      }
      if (id.stream_id.empty()) {
        for (const char* kind : {"stream", "chunk", "body"}) {
          const std::string prefix = keys::of_group(id.account, id.region, kind, id.group_id);
          KILN_CO_TRY_VOID(co_await erase(store::prefix_range(prefix)));
        }
      } else {
        KILN_CO_TRY_VOID(co_await erase(store::prefix_range(keys::chunks(id))));
        KILN_CO_TRY_VOID(co_await erase(store::prefix_range(keys::bodies(id))));
      }
      store::Batch batch;
      batch.erase(entry.key);
      KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
    }
  }
}

Task<Status> RetentionWorker::erase(store::Range range) {
  range.limit = kPage;
  for (;;) {
    if (stop_.stop_requested()) co_return fail(ErrorCode::kCancelled, "stopping");
    KILN_CO_TRY(const auto entries, co_await store_.scan(range));
    if (entries.empty()) co_return Status{};
    // A crash may undo this; the entry that asked for it is erased later, in order.
    store::Batch batch{.durability = store::Durability::kBuffered};
    for (const auto& entry : entries) batch.erase(entry.key);
    erased_.add(static_cast<std::int64_t>(entries.size()));
    range.begin = entries.back().key + '\0';
    KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  }
}

Task<Status> RetentionWorker::expire_events() {
  store::Range range = store::prefix_range(keys::retention_index());
  for (;;) {
    KILN_CO_TRY(const auto entries, co_await store_.scan(range));
    for (const auto& entry : entries) {
      store::KeyReader reader(entry.key);
      KILN_CO_TRY_VOID(reader.next_string());
      GroupName name;
      for (std::string* part : {&name.account, &name.region, &name.name}) {
        KILN_CO_TRY(*part, reader.next_string());
      }
      KILN_CO_TRY_VOID(co_await expire_group(std::move(name)));
    }
    if (entries.size() < range.limit) co_return Status{};
    range.begin = entries.back().key + '\0';
  }
}

Task<Status> RetentionWorker::expire_group(GroupName name) {
  KILN_CO_TRY(const auto group, co_await catalog_.find_group(name));
  if (!group) co_return Status{};
  const std::int64_t expiry = group->expiry_ms(clock_.wall().ms);
  std::string after;
  for (;;) {
    KILN_CO_TRY(const auto streams,
                co_await catalog_.list_streams(name, group->id, "", after, store::kMaxScanEntries));
    for (const auto& stream : streams) {
      if (stream.value.next_sequence == 0 || stream.value.stored_bytes == 0) continue;
      if (stream.value.first_event_ms >= expiry) continue;
      auto attempt = [&] { return expire_stream(name, group->id, stream.name); };
      auto task = store::retry_on_conflict(attempt);
      KILN_CO_TRY_VOID(co_await task);
    }
    if (streams.size() < store::kMaxScanEntries) co_return Status{};
    after = streams.back().name;
  }
}

// The time of the first event from `time_ms` on; `time_ms` itself when there is none.
Task<Result<std::int64_t>> RetentionWorker::first_after(keys::StreamId id, std::int64_t time_ms) {
  store::Range range = store::prefix_range(keys::chunks(id), 1);
  range.begin = keys::chunk(id, time_ms, kFirst);
  KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
  if (entries.empty()) co_return time_ms;
  KILN_CO_TRY(const auto chunk, decode_chunk(entries.front().value));
  co_return chunk.first_ms();
}

Task<Status> RetentionWorker::expire_stream(GroupName group, std::string group_id,
                                            std::string name) {
  const std::string key = keys::stream(group, group_id, name);
  KILN_CO_TRY(const auto owner, co_await catalog_.find_group(group));
  if (!owner || owner->id != group_id) co_return Status{};
  const std::int64_t expiry = owner->expiry_ms(clock_.wall().ms);
  store::Range range{};
  for (;;) {
    if (stop_.stop_requested()) co_return fail(ErrorCode::kCancelled, "stopping");
    KILN_CO_TRY(const auto entry, co_await store_.read(key));
    if (!entry) co_return Status{};
    KILN_CO_TRY(auto stream, decode_stream(entry->value));
    const keys::StreamId id{group.account, group.region, group_id, stream.id};
    if (range.end.empty()) {
      range = {.begin = keys::chunks(id), .end = keys::chunk(id, expiry, kFirst), .limit = kPage};
      const std::string bodies_end = keys::bodies_from(id, span_start(expiry));
      KILN_CO_TRY_VOID(co_await erase({.begin = keys::bodies(id), .end = bodies_end}));
    }
    KILN_CO_TRY(const auto chunks, co_await store_.scan(range));
    store::Batch batch{.durability = store::Durability::kBuffered};
    std::int64_t first_kept = expiry;
    bool kept = false;
    for (const auto& value : chunks) {
      KILN_CO_TRY(const auto chunk, decode_chunk(value.value));
      if (chunk.last_ms() >= expiry) {
        first_kept = kept ? std::min(first_kept, chunk.first_ms()) : chunk.first_ms();
        kept = true;
        continue;
      }
      for (const auto& event : chunk.events) {
        stream.stored_bytes -= static_cast<std::int64_t>(event.message_bytes) + kEventOverheadBytes;
      }
      batch.erase(value.key);
    }
    const bool last = chunks.size() < range.limit;
    if (last && !kept) {
      KILN_CO_TRY(first_kept, co_await first_after(id, expiry));
    }
    if (last) stream.first_event_ms = first_kept;
    stream.last_event_ms = std::max(stream.last_event_ms, stream.first_event_ms);
    erased_.add(static_cast<std::int64_t>(batch.writes.size()));
    batch.check(key, entry->version).put(key, encode(stream));
    KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
    if (last) co_return Status{};
    range.begin = chunks.back().key + '\0';
  }
}

}  // namespace kiln::logs
