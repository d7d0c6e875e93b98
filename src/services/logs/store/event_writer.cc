// SPDX-License-Identifier: Apache-2.0
#include "services/logs/store/event_writer.h"

#include "services/logs/store/keys.h"
#include "store/retry.h"

#include <algorithm>
#include <utility>

namespace kiln::logs {

namespace {
// Of store::kMaxBatchBytes, with room for keys and the stream's record.
constexpr std::size_t kBatchBytes = 900 * 1024;
constexpr int kMaxRecreations = 8;
}  // namespace

struct EventWriter::Job {
  GroupName group;
  std::string stream;
  store::Durability durability;
  std::int64_t ingestion_ms = 0;
  std::string group_id;  // for which bodies were stored
  std::string stream_id;
  std::vector<ChunkEvent> events;  // by time; their sequence is set when they are written
  std::size_t done = 0;

  keys::StreamId id() const { return {group.account, group.region, group_id, stream_id}; }
};

Task<Result<Written>> EventWriter::write(GroupName group, std::string stream,
                                         std::vector<InputEvent> events,
                                         store::Durability durability, Missing missing) {
  Job job{.group = std::move(group), .stream = std::move(stream), .durability = durability};
  job.ingestion_ms = clock_.wall().ms;
  std::int64_t position = 0;
  for (InputEvent& e : events) {
    const std::uint64_t size = e.message.size();
    job.events.push_back({.time_ms = e.time_ms,
                          .sequence = position++,
                          .message = std::move(e.message),
                          .body_id = {},
                          .message_bytes = size});
  }
  std::ranges::sort(job.events, {},
                    [](const ChunkEvent& e) { return std::pair(e.time_ms, e.sequence); });
  KILN_CO_TRY(const Written prepared, co_await prepare(job, missing));
  if (prepared != Written::kDone) co_return prepared;
  KILN_CO_TRY_VOID(co_await store_bodies(job));
  while (job.done < job.events.size()) {
    auto attempt = [this, &job] { return write_batch(job); };
    auto task = store::retry_on_conflict(attempt);
    KILN_CO_TRY(const Written written, co_await task);
    if (written != Written::kDone) co_return written;
  }
  co_return Written::kDone;
}

Task<Result<Written>> EventWriter::prepare(Job& job, Missing missing) {
  for (int tries = 0; tries < kMaxRecreations; ++tries) {
    KILN_CO_TRY(const auto group, co_await catalog_.find_group(job.group));
    if (!group) {
      if (missing == Missing::kRefuse) co_return Written::kNoGroup;
      KILN_CO_TRY_VOID(co_await catalog_.create_group(job.group, Group{}));
      continue;
    }
    KILN_CO_TRY(const auto stream, co_await catalog_.find_stream(job.group, group->id, job.stream));
    if (!stream) {
      if (missing == Missing::kRefuse) co_return Written::kNoStream;
      KILN_CO_TRY_VOID(co_await catalog_.create_stream(job.group, job.stream));
      continue;
    }
    job.group_id = group->id;
    job.stream_id = stream->id;
    co_return Written::kDone;
  }
  co_return Written::kNoStream;
}

// Large messages go first: until a chunk names them nobody sees them.
Task<Status> EventWriter::store_bodies(Job& job) {
  for (ChunkEvent& event : job.events) {
    if (event.message.size() <= kMaxInlineBytes) continue;
    KILN_CO_TRY_VOID(co_await store_body(job, event));
  }
  co_return Status{};
}

Task<Status> EventWriter::store_body(Job& job, ChunkEvent& event) {
  event.body_id = random_.text(16, "0123456789abcdef");
  const keys::StreamId id = job.id();
  store::Batch batch{.durability = job.durability};
  std::size_t batch_bytes = 0;
  std::int64_t part = 0;
  for (std::size_t at = 0; at < event.message.size(); at += kBodyPartBytes) {
    if (batch_bytes + kBodyPartBytes > kBatchBytes) {
      KILN_CO_TRY_VOID(
          co_await store_.commit(std::exchange(batch, {.durability = job.durability})));
      batch_bytes = 0;
    }
    batch.put(keys::body_part(id, event.time_ms, event.body_id, part++),
              event.message.substr(at, kBodyPartBytes));
    batch_bytes += kBodyPartBytes;
  }
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  event.message = {};
  co_return Status{};
}

Task<Result<Written>> EventWriter::write_batch(Job& job) {
  const std::string group_key = keys::group(job.group);
  KILN_CO_TRY(const auto group_entry, co_await store_.read(group_key));
  if (!group_entry) co_return Written::kNoGroup;
  const std::string stream_key = keys::stream(job.group, job.group_id, job.stream);
  KILN_CO_TRY(const auto stream_entry, co_await store_.read(stream_key));
  if (!stream_entry) co_return Written::kNoStream;
  KILN_CO_TRY(const auto group, decode_group(group_entry->value));
  KILN_CO_TRY(auto stream, decode_stream(stream_entry->value));
  // Both may have been deleted and made again since prepare().
  if (group.id != job.group_id || stream.id != job.stream_id) co_return Written::kNoStream;

  store::Batch batch{.durability = job.durability};
  batch.check(group_key, group_entry->version).check(stream_key, stream_entry->version);
  if (stream.next_sequence == 0) {
    stream.first_event_ms = job.events[job.done].time_ms;
    stream.last_event_ms = stream.first_event_ms;
  }
  std::size_t bytes = 0, at = job.done;
  while (at < job.events.size() && bytes < kBatchBytes - kMaxChunkBytes) {
    Chunk chunk{.ingestion_ms = job.ingestion_ms, .events = {}};
    const std::int64_t span = span_start(job.events[at].time_ms);
    for (std::size_t size = 0; at < job.events.size(); ++at) {
      ChunkEvent& event = job.events[at];
      size += encoded_size(event);
      if (!chunk.events.empty() && (size > kMaxChunkBytes || span_start(event.time_ms) != span)) {
        break;
      }
      event.sequence = stream.next_sequence++;
      stream.stored_bytes += static_cast<std::int64_t>(event.message_bytes) + kEventOverheadBytes;
      chunk.events.push_back(event);
    }
    stream.first_event_ms = std::min(stream.first_event_ms, chunk.first_ms());
    stream.last_event_ms = std::max(stream.last_event_ms, chunk.last_ms());
    std::string value = encode(chunk);
    bytes += value.size() + 256;
    batch.put(keys::chunk(job.id(), chunk.first_ms(), chunk.events.front().sequence),
              std::move(value));
  }
  stream.last_ingestion_ms = job.ingestion_ms;
  batch.put(stream_key, encode(stream));
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  job.done = at;
  co_return Written::kDone;
}

}  // namespace kiln::logs
