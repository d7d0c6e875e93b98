// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/committer.h"

#include "base/log.h"
#include "store/rocksdb/format.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <pthread.h>
#include <utility>

namespace kiln::store {

struct Committer::Group {
  rocksdb::WriteBatch writes;
  // What the group has done so far to a key: its new version, or nullopt when erased.
  std::unordered_map<std::string, std::optional<Version>> overlay;
  std::unordered_map<std::string, CommitRequest*> idempotency;
  std::vector<CommitRequest*> accepted;  // their result depends on the write
  std::vector<std::string_view> written;
  bool sync = false;
  bool collect_written = false;
};

Committer::Committer(rocksdb::DB& db, Executor& home, WatchHub& hub, std::uint64_t next_commit,
                     Metrics& metrics)
    : db_(db),
      home_(home),
      hub_(hub),
      commits_(metrics.counter("kiln_store_commits_total")),
      groups_(metrics.counter("kiln_store_commit_groups_total")),
      syncs_(metrics.counter("kiln_store_syncs_total")),
      conflicts_(metrics.counter("kiln_store_conflicts_total")),
      rejected_(metrics.counter("kiln_store_commits_rejected_total")),
      write_errors_(metrics.counter("kiln_store_write_errors_total")),
      next_commit_(next_commit),
      thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "kiln-commit");
}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool Committer::submit(CommitRequestPtr request) {
  request->bytes = batch_bytes(request->batch);
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kMaxQueuedBatches || queued_bytes_ + request->bytes > kMaxQueuedBytes) {
      rejected_.add();
      return false;
    }
    queued_bytes_ += request->bytes;
    queue_.push_back(std::move(request));
  }
  changed_.notify_one();
  return true;
}

void Committer::run() {
  for (;;) {
    std::vector<CommitRequestPtr> requests = take_group();
    if (requests.empty()) return;
    std::erase_if(requests, [](const CommitRequestPtr& request) { return !request->take(); });
    if (!requests.empty()) commit_group(std::move(requests));
  }
}

std::vector<CommitRequestPtr> Committer::take_group() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  std::vector<CommitRequestPtr> out;
  std::size_t bytes = 0;
  while (!queue_.empty() && (out.empty() || bytes + queue_.front()->bytes <= kMaxGroupBytes)) {
    bytes += queue_.front()->bytes;
    out.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
  return out;
}

void Committer::commit_group(std::vector<CommitRequestPtr> requests) {
  Group group;
  group.collect_written = hub_.watched();
  for (const CommitRequestPtr& request : requests) add_to_group(group, *request);
  write_group(group);
  groups_.add();
  commits_.add(static_cast<std::int64_t>(requests.size()));
  if (!broken_ && !group.written.empty()) hub_.notify(group.written);
  complete(std::move(requests));
}

Result<bool> Committer::is_repeat(const Group& group, const CommitRequest& request) {
  const std::string& key = request.batch.idempotency_key;
  if (key.empty()) return false;
  if (group.idempotency.contains(key)) return true;
  std::string end;
  const rocksdb::Status status =
      db_.Get({}, format::in_space(format::kIdempotencySpace, key), &end);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return fail(ErrorCode::kIo, "store: read: " + status.ToString());
  return static_cast<std::int64_t>(format::decode_u64(end)) > request.wall_ms;
}

Status Committer::check(const Group& group, const Check& check) {
  const auto conflict = [this] {
    conflicts_.add();
    return fail(ErrorCode::kConflict, "store: a checked key has changed");
  };
  if (const auto it = group.overlay.find(check.key); it != group.overlay.end()) {
    if (it->second != check.version) return conflict();
    return {};
  }
  rocksdb::PinnableSlice stored;
  const rocksdb::Status status = db_.Get({}, db_.DefaultColumnFamily(),
                                         format::in_space(format::kDataSpace, check.key), &stored);
  if (status.IsNotFound()) {
    if (check.version) return conflict();
    return {};
  }
  if (!status.ok()) return fail(ErrorCode::kIo, "store: read: " + status.ToString());
  if (!check.version || stored.size() < format::kHeaderBytes ||
      std::string_view(stored.data() + 1, format::kVersionBytes) != *check.version) {
    return conflict();
  }
  return {};
}

void Committer::add_to_group(Group& group, CommitRequest& request) {
  const Batch& batch = request.batch;
  const auto repeat = is_repeat(group, request);
  if (!repeat) {
    request.result = std::unexpected(repeat.error());
    return;
  }
  if (!*repeat) {
    for (const Check& one : batch.checks) {
      request.result = check(group, one);
      if (!request.result) return;
    }
    const std::uint64_t commit = next_commit_++;
    const std::string header = format::encode_header(commit);
    for (const Write& write : batch.writes) {
      const std::string key = format::in_space(format::kDataSpace, write.key);
      if (write.value) {
        const rocksdb::Slice value[] = {header, *write.value};
        const rocksdb::Slice key_part = key;
        group.writes.Put(rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(value, 2));
        group.overlay[write.key] = header.substr(1);
      } else {
        group.writes.Delete(key);
        group.overlay[write.key] = std::nullopt;
      }
      if (group.collect_written) group.written.push_back(write.key);
    }
    if (!batch.idempotency_key.empty()) {
      group.writes.Put(
          format::in_space(format::kIdempotencySpace, batch.idempotency_key),
          format::encode_u64(static_cast<std::uint64_t>(request.wall_ms + kIdempotencyLifetimeMs)));
      group.idempotency.emplace(batch.idempotency_key, &request);
    }
  }
  // A repeat waits for the disk too: the first try may have asked for less.
  if (batch.durability == Durability::kOnDisk) group.sync = true;
  group.accepted.push_back(&request);
}

void Committer::write_group(Group& group) {
  if (group.accepted.empty()) return;
  if (broken_) {
    if (const rocksdb::Status status = db_.Resume(); !status.ok()) {
      for (CommitRequest* request : group.accepted) {
        request->result = fail(ErrorCode::kIo, "store: not writable: " + status.ToString());
      }
      return;
    }
    broken_ = false;
  }
  rocksdb::Status status;
  if (group.writes.Count() > 0) {
    rocksdb::WriteOptions options;
    options.sync = group.sync;
    status = db_.Write(options, &group.writes);
  } else if (group.sync) {
    status = db_.SyncWAL();
  }
  if (group.sync) syncs_.add();
  if (status.ok()) return;
  broken_ = true;
  write_errors_.add();
  log::error("store", "write: " + status.ToString());
  for (CommitRequest* request : group.accepted) {
    request->result = fail(ErrorCode::kUnknownOutcome, "store: write: " + status.ToString());
  }
}

void Committer::complete(std::vector<CommitRequestPtr> requests) {
  // Who lost a race goes first, so that no one starves while retrying.
  std::vector<CommitRequestPtr> ordered;
  ordered.reserve(requests.size());
  const auto lost = [](const CommitRequestPtr& request) {
    return !request->result && request->result.error().code == ErrorCode::kConflict;
  };
  for (const CommitRequestPtr& request : requests) {
    if (lost(request)) ordered.push_back(request);
  }
  for (const CommitRequestPtr& request : requests) {
    if (!lost(request)) ordered.push_back(request);
  }
  // One post for the group: waking the loop costs more than resuming.
  home_.post([ordered = std::move(ordered)] {
    for (const CommitRequestPtr& request : ordered) request->done.set(std::move(request->result));
  });
}

}  // namespace kiln::store
