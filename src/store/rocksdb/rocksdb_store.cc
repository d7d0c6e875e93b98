// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/rocksdb_store.h"

#include "async/gate.h"
#include "store/engine.h"
#include "store/rocksdb/committer.h"
#include "store/rocksdb/format.h"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <sys/stat.h>
#include <utility>

namespace kiln::store {
namespace {

constexpr std::int64_t kCommitDeadlineMs = 30'000;
constexpr std::size_t kWriteBufferBytes = 8 * 1024 * 1024;
constexpr std::size_t kBlockCacheBytes = 8 * 1024 * 1024;
constexpr int kMaxOpenFiles = 256;
// What a scan may cost on the loop before it moves to the pool.
constexpr std::size_t kInlineScanEntries = 64;
constexpr std::size_t kInlineScanBytes = 64 * 1024;
constexpr std::uint64_t kInlineScanTombstones = 256;
// A commit number is the epoch (how often the directory was opened) above a counter, so that none
// is used twice even when a power loss takes the last buffered commits.
constexpr int kEpochShift = 40;

enum class Tier { kMemory, kAll };

// Drops expired idempotency keys whenever RocksDB rewrites a file.
class DropExpired final : public rocksdb::CompactionFilter {
 public:
  const char* Name() const override { return "kiln.DropExpired"; }
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*,
              bool*) const override {
    return !key.empty() && key[0] == format::kIdempotencySpace &&
           static_cast<std::int64_t>(format::decode_u64({value.data(), value.size()})) <=
               now_ms.load(std::memory_order_relaxed);
  }
  std::atomic<std::int64_t> now_ms{0};  // set by commits; the loop's clock stays on the loop
};

struct Database {
  DropExpired filter;  // outlives db
  std::unique_ptr<rocksdb::DB> db;
};

using SnapshotHandle = std::shared_ptr<const rocksdb::Snapshot>;

struct RocksdbSnapshot final : Snapshot {
  SnapshotHandle handle;  // null once expired
  Monotonic expires;
};

Error read_error(const rocksdb::Status& status) {
  return {ErrorCode::kIo, "store: read: " + status.ToString()};
}

// nullopt: not in memory (only with Tier::kMemory).
std::optional<Result<std::optional<Entry>>> get(rocksdb::DB& db, const std::string& key,
                                                const rocksdb::Snapshot* snapshot, Tier tier) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  if (tier == Tier::kMemory) options.read_tier = rocksdb::kBlockCacheTier;
  rocksdb::PinnableSlice stored;
  const rocksdb::Status status = db.Get(options, db.DefaultColumnFamily(), key, &stored);
  if (status.ok()) return format::decode(key, {stored.data(), stored.size()});
  if (status.IsNotFound()) return std::optional<Entry>{};
  if (status.IsIncomplete() && tier == Tier::kMemory) return std::nullopt;
  return std::unexpected(read_error(status));
}

// `range` is in the data space, its end not empty. nullopt: too long or not in memory.
std::optional<Result<std::vector<Entry>>> scan_range(rocksdb::DB& db, const Range& range,
                                                     const rocksdb::Snapshot* snapshot, Tier tier) {
  const rocksdb::Slice lower = range.begin;
  const rocksdb::Slice upper = range.end;
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  if (tier == Tier::kMemory) {
    options.read_tier = rocksdb::kBlockCacheTier;
    options.max_skippable_internal_keys = kInlineScanTombstones;
  }
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(options));
  std::vector<Entry> out;
  std::size_t bytes = 0;
  for (range.reverse ? it->SeekToLast() : it->SeekToFirst();
       it->Valid() && out.size() < range.limit; range.reverse ? it->Prev() : it->Next()) {
    bytes += it->key().size() + it->value().size();
    if (tier == Tier::kMemory && (out.size() == kInlineScanEntries || bytes > kInlineScanBytes)) {
      return std::nullopt;
    }
    auto entry = format::decode(it->key().ToStringView(), it->value().ToStringView());
    if (!entry) return std::unexpected(std::move(entry.error()));
    out.push_back(std::move(*entry));
  }
  if (const rocksdb::Status status = it->status(); !status.ok()) {
    if (status.IsIncomplete() && tier == Tier::kMemory) return std::nullopt;
    return std::unexpected(read_error(status));
  }
  return out;
}

class RocksdbStore final : public Store {
 public:
  RocksdbStore(std::shared_ptr<Database> database, std::uint64_t next_commit, Executor& home,
               BlockingPool& pool, Clock& clock, Metrics& metrics)
      : home_(home),
        pool_(pool),
        clock_(clock),
        reads_in_memory_(metrics.counter("kiln_store_reads_in_memory_total")),
        reads_on_pool_(metrics.counter("kiln_store_reads_on_pool_total")),
        database_(std::move(database)),
        committer_(std::make_unique<Committer>(*database_->db, home, hub_, next_commit, metrics)) {}
  ~RocksdbStore() override { shut_down(); }

  Task<Result<SnapshotPtr>> snapshot() override;
  Task<Result<std::optional<Entry>>> read(std::string key, SnapshotPtr at) override;
  Task<Result<std::vector<Entry>>> scan(Range range, SnapshotPtr at) override;
  Task<Status> commit(Batch batch) override;
  std::unique_ptr<Watch> watch(std::string prefix, Executor& home,
                               std::function<void()> changed) override {
    return hub_.add(std::move(prefix), home, std::move(changed));
  }
  Task<Status> close() override;

 private:
  static std::unexpected<Error> closed_error() { return fail(ErrorCode::kClosed, "store: closed"); }
  Result<SnapshotHandle> pin(const SnapshotPtr& at) const;
  void expire_snapshots(bool all);
  void shut_down();

  Executor& home_;
  BlockingPool& pool_;
  Clock& clock_;
  Counter& reads_in_memory_;
  Counter& reads_on_pool_;
  WatchHub hub_;
  Gate gate_;  // reads and commits under way
  // Shared with reads on the pool and with pinned snapshots; null once closed.
  std::shared_ptr<Database> database_;
  std::unique_ptr<Committer> committer_;
  std::deque<std::weak_ptr<RocksdbSnapshot>> snapshots_;  // oldest first
};

Task<Result<SnapshotPtr>> RocksdbStore::snapshot() {
  if (!database_) co_return closed_error();
  expire_snapshots(false);
  auto out = std::make_shared<RocksdbSnapshot>();
  out->handle = SnapshotHandle(
      database_->db->GetSnapshot(),
      [database = database_](const rocksdb::Snapshot* s) { database->db->ReleaseSnapshot(s); });
  out->expires = clock_.monotonic().plus_ms(kSnapshotLifetimeMs);
  snapshots_.push_back(out);
  co_return out;
}

// Abandoned snapshots would keep old versions of keys on disk and in memory.
void RocksdbStore::expire_snapshots(bool all) {
  while (!snapshots_.empty()) {
    const auto oldest = snapshots_.front().lock();
    if (oldest && !all && clock_.monotonic() <= oldest->expires) return;
    if (oldest) oldest->handle.reset();
    snapshots_.pop_front();
  }
}

Result<SnapshotHandle> RocksdbStore::pin(const SnapshotPtr& at) const {
  if (!database_) return closed_error();
  if (!at) return SnapshotHandle();
  const auto& snapshot = static_cast<const RocksdbSnapshot&>(*at);
  if (!snapshot.handle || clock_.monotonic() > snapshot.expires) {
    return fail(ErrorCode::kTimeout, "store: the snapshot is too old");
  }
  return snapshot.handle;
}

Task<Result<std::optional<Entry>>> RocksdbStore::read(std::string key, SnapshotPtr at) {
  const auto pass = gate_.enter();  // before `pinned`: who waits to close finds it released
  KILN_CO_TRY(SnapshotHandle pinned, pin(at));
  key.insert(key.begin(), format::kDataSpace);
  if (auto found = get(*database_->db, key, pinned.get(), Tier::kMemory)) {
    reads_in_memory_.add();
    co_return *std::move(found);
  }
  reads_on_pool_.add();
  auto job = [database = database_, key = std::move(key), pinned] {
    return *get(*database->db, key, pinned.get(), Tier::kAll);
  };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<std::vector<Entry>>> RocksdbStore::scan(Range range, SnapshotPtr at) {
  const auto pass = gate_.enter();
  KILN_CO_TRY(SnapshotHandle pinned, pin(at));
  range.limit = std::min(range.limit, kMaxScanEntries);
  if (range.limit == 0) co_return std::vector<Entry>{};
  if (!range.end.empty() && range.end <= range.begin) co_return std::vector<Entry>{};
  range.begin.insert(range.begin.begin(), format::kDataSpace);
  range.end = range.end.empty() ? std::string(1, format::kAfterDataSpace)
                                : format::in_space(format::kDataSpace, range.end);
  if (auto found = scan_range(*database_->db, range, pinned.get(), Tier::kMemory)) {
    reads_in_memory_.add();
    co_return *std::move(found);
  }
  reads_on_pool_.add();
  auto job = [database = database_, range = std::move(range), pinned] {
    return *scan_range(*database->db, range, pinned.get(), Tier::kAll);
  };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Status> RocksdbStore::commit(Batch batch) {
  if (!database_) co_return closed_error();
  KILN_CO_TRY_VOID(validate(batch));
  const auto pass = gate_.enter();
  const auto request = std::make_shared<CommitRequest>();
  request->batch = std::move(batch);
  request->wall_ms = clock_.wall().ms;
  database_->filter.now_ms.store(request->wall_ms, std::memory_order_relaxed);
  if (!committer_->submit(request)) {
    co_return fail(ErrorCode::kLimitExceeded, "store: too many commits are waiting");
  }
  auto wait = request->done.wait(clock_, clock_.monotonic().plus_ms(kCommitDeadlineMs), {});
  Result<Status> answer = co_await wait;
  if (answer) co_return *std::move(answer);
  if (request->withdraw()) {
    co_return fail(ErrorCode::kTimeout, "store: the disk is too slow; nothing was written");
  }
  co_return fail(ErrorCode::kUnknownOutcome, "store: the disk does not answer");
}

Task<Status> RocksdbStore::close() {
  if (!database_) co_return Status{};
  auto closed = gate_.closed();
  co_await closed;
  shut_down();
  co_return Status{};
}

void RocksdbStore::shut_down() {
  committer_.reset();
  expire_snapshots(true);
  // The log holds all that memory holds; a reader on the pool, if any, lets go last.
  database_.reset();
}

rocksdb::Options make_options(const Database& database, rocksdb::Env* env) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes, /*num_shard_bits=*/1);
  table.cache_index_and_filter_blocks = true;  // so that the cache bounds them too
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;

  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compaction_filter = &database.filter;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = kWriteBufferBytes;
  options.arena_block_size = 256 * 1024;
  options.max_write_buffer_number = 2;
  options.max_total_wal_size = 2 * kWriteBufferBytes;
  options.target_file_size_base = kWriteBufferBytes;
  options.max_bytes_for_level_base = 8 * kWriteBufferBytes;
  options.max_background_jobs = 2;
  options.max_open_files = kMaxOpenFiles;
  options.max_file_opening_threads = 1;
  options.skip_stats_update_on_db_open = true;
  options.avoid_flush_during_shutdown = true;  // the log is replayed; closing stays quick
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_log_file_size = 1024 * 1024;
  options.keep_log_file_num = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

std::unexpected<Error> open_error(const std::string& directory, const rocksdb::Status& status) {
  std::string message = "open the store in " + directory + ": " + status.ToString();
  if (status.IsIOError() && message.find("lock") != std::string::npos) {
    message += "; another kiln uses this directory: stop it, or choose another --data-dir";
  }
  return fail(ErrorCode::kIo, std::move(message));
}

Status make_directory(const std::string& directory) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path(directory).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return fail_errno("mkdir", parent.string(), error.value());
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno("mkdir", directory, errno);
  }
  return {};
}

// Checks the directory's format and begins a new epoch, on disk. Returns its first commit number.
Result<std::uint64_t> begin_epoch(rocksdb::DB& db, const std::string& directory) {
  const std::string format_key = format::in_space(format::kMetaSpace, "format");
  const std::string epoch_key = format::in_space(format::kMetaSpace, "epoch");
  std::string found;
  rocksdb::Status status = db.Get({}, format_key, &found);
  if (!status.ok() && !status.IsNotFound()) return open_error(directory, status);
  if (status.ok() && found != format::kFormat) {
    return fail(ErrorCode::kInvalidArgument, "open the store in " + directory + ": its format is " +
                                                 found + ", this kiln knows " +
                                                 std::string(format::kFormat));
  }
  std::uint64_t epoch = 1;
  status = db.Get({}, epoch_key, &found);
  if (!status.ok() && !status.IsNotFound()) return open_error(directory, status);
  if (status.ok()) epoch = format::decode_u64(found) + 1;
  rocksdb::WriteBatch batch;
  batch.Put(format_key, rocksdb::Slice(format::kFormat));
  batch.Put(epoch_key, format::encode_u64(epoch));
  rocksdb::WriteOptions options;
  options.sync = true;
  status = db.Write(options, &batch);
  if (!status.ok()) return open_error(directory, status);
  return epoch << kEpochShift;
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocksdb_store(std::string directory, Executor& home,
                                                  BlockingPool& pool, Clock& clock,
                                                  Metrics& metrics, rocksdb::Env* env) {
  KILN_TRY_VOID(make_directory(directory));
  auto database = std::make_shared<Database>();
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(make_options(*database, env), directory, &db);
  if (!status.ok()) return open_error(directory, status);
  database->db.reset(db);
  KILN_TRY(const std::uint64_t next_commit, begin_epoch(*db, directory));
  return std::make_unique<RocksdbStore>(std::move(database), next_commit, home, pool, clock,
                                        metrics);
}

}  // namespace kiln::store
