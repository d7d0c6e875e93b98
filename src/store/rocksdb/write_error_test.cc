// SPDX-License-Identifier: Apache-2.0
// The disk refuses a write at each point of a run of commits, for a while or for good. What was
// acknowledged is there afterwards, what was refused is not, and nothing crashes or hangs.
//
// KILN_FULL=1 begins to fail at every write; otherwise at every fifth.

#include "base/log.h"
#include "store/conformance.h"
#include "store/rocksdb/rocksdb_store.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <cstdlib>
#include <map>

namespace kiln::store {
namespace {

enum class Fault { kDiskFull, kIoError, kHalfWritten };

// Counts what is written and refuses [fail_from, fail_until).
struct Disk {
  std::atomic<int> operations{0};
  std::atomic<int> fail_from{1 << 30};
  std::atomic<int> fail_until{1 << 30};
  Fault fault = Fault::kDiskFull;

  bool refuses() {
    const int number = operations.fetch_add(1);
    return number >= fail_from && number < fail_until;
  }
  rocksdb::IOStatus error() const {
    return fault == Fault::kDiskFull ? rocksdb::IOStatus::NoSpace("injected")
                                     : rocksdb::IOStatus::IOError("injected");
  }
};

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file, Disk& disk)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}

  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    if (!disk_.refuses()) return FSWritableFileOwnerWrapper::Append(data, options, context);
    if (disk_.fault == Fault::kHalfWritten) {
      (void)FSWritableFileOwnerWrapper::Append({data.data(), data.size() / 2}, options, context);
    }
    return disk_.error();
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* context) override {
    if (disk_.refuses()) return disk_.error();
    return FSWritableFileOwnerWrapper::Sync(options, context);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* context) override {
    if (disk_.refuses()) return disk_.error();
    return FSWritableFileOwnerWrapper::Fsync(options, context);
  }

 private:
  Disk& disk_;
};

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(Disk& disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "FaultyFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* out,
                                    rocksdb::IODebugContext* context) override {
    if (disk_.refuses()) return disk_.error();
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const auto status = FileSystemWrapper::NewWritableFile(name, options, &file, context);
    if (status.ok()) *out = std::make_unique<FaultyFile>(std::move(file), disk_);
    return status;
  }

 private:
  Disk& disk_;
};

constexpr int kCommits = 12;
constexpr int kForGood = 1 << 30;

std::string key_of(int number) { return "k" + std::to_string(100 + number); }

class WriteErrors : public testing::TestWithParam<Fault> {
 protected:
  void SetUp() override { log::set_level(static_cast<log::Level>(4)); }  // nothing
  void TearDown() override { log::set_level(log::Level::kInfo); }

  // Answers how many operations the disk saw since the faults could begin.
  int run(int fail_after, int failures) {
    SCOPED_TRACE("fails after " + std::to_string(fail_after) + ", " + std::to_string(failures) +
                 " times");
    StoreWorld world;
    Disk disk;
    disk.fault = GetParam();
    const auto env = rocksdb::NewCompositeEnv(std::make_shared<FaultyFileSystem>(disk));
    const std::string directory = world.directory.path() + "/db";
    std::map<int, Status> answers;
    int seen = 0;
    {
      auto store = open_rocksdb_store(directory, world.loop, world.pool, world.clock, world.metrics,
                                      env.get());
      EXPECT_TRUE(store) << store.error().message;
      if (!store) return 0;
      const int start = disk.operations;
      disk.fail_from = start + fail_after;
      disk.fail_until = failures == kForGood ? kForGood : start + fail_after + failures;
      for (int number = 0; number < kCommits; ++number) {
        Batch batch;
        batch.put(key_of(number), std::string(3'000, 'v'));
        if (number % 3 == 2) batch.durability = Durability::kBuffered;
        answers.emplace(number, await_on(world.loop, (*store)->commit(std::move(batch))));
      }
      seen = disk.operations - start;
      EXPECT_TRUE(await_on(world.loop, (*store)->close()));
    }
    check(world, directory, answers);
    return seen;
  }

  void check(StoreWorld& world, const std::string& directory,
             const std::map<int, Status>& answers) {
    const auto store =
        open_rocksdb_store(directory, world.loop, world.pool, world.clock, world.metrics);
    ASSERT_TRUE(store) << store.error().message;
    for (const auto& [number, answer] : answers) {
      const auto found = await_on(world.loop, (*store)->read(key_of(number)));
      ASSERT_TRUE(found) << found.error().message;
      const bool promised = answer.has_value() && number % 3 != 2;
      if (promised) EXPECT_TRUE(*found) << number << " was acknowledged";
      if (answer) continue;
      const ErrorCode code = answer.error().code;
      EXPECT_TRUE(code == ErrorCode::kUnknownOutcome || code == ErrorCode::kIo) << number;
      if (code == ErrorCode::kIo) EXPECT_FALSE(*found) << number << " was refused";
    }
    EXPECT_TRUE(await_on(world.loop, (*store)->commit(Batch().put("after", "x"))));
  }
};

TEST_P(WriteErrors, LoseNothingThatWasAcknowledged) {
  const int step = std::getenv("KILN_FULL") != nullptr ? 1 : 5;
  for (const int failures : {1, 3, kForGood}) {
    int fail_after = 0;
    while (run(fail_after, failures) > fail_after && !HasFailure()) fail_after += step;
    EXPECT_GT(fail_after, kCommits / 2);
  }
}

INSTANTIATE_TEST_SUITE_P(Rocksdb, WriteErrors,
                         testing::Values(Fault::kDiskFull, Fault::kIoError, Fault::kHalfWritten));

class HangingDisk final : public rocksdb::FileSystemWrapper {
 public:
  HangingDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "HangingDisk"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* out,
                                    rocksdb::IODebugContext* context) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const auto status = FileSystemWrapper::NewWritableFile(name, options, &file, context);
    if (status.ok()) *out = std::make_unique<File>(std::move(file), *this);
    return status;
  }
  std::atomic<bool> hangs{false};
  std::atomic<bool> hanging{false};

 private:
  struct File final : rocksdb::FSWritableFileOwnerWrapper {
    File(std::unique_ptr<rocksdb::FSWritableFile> file, HangingDisk& disk)
        : FSWritableFileOwnerWrapper(std::move(file)), disk(disk) {}
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
      disk.hanging = disk.hangs.load();
      disk.hangs.wait(true);
      return FSWritableFileOwnerWrapper::Sync(options, context);
    }
    HangingDisk& disk;
  };
};

TEST(RocksdbStore, ACommitDoesNotWaitForeverForTheDisk) {
  StoreWorld world;
  const auto disk = std::make_shared<HangingDisk>();
  const auto env = rocksdb::NewCompositeEnv(disk);
  auto store = open_rocksdb_store(world.directory.path() + "/db", world.loop, world.pool,
                                  world.clock, world.metrics, env.get());
  ASSERT_TRUE(store) << store.error().message;
  disk->hangs = true;
  std::optional<Status> begun, queued;
  spawn(detail::keep_result((*store)->commit(Batch().put("begun", "x")), begun));
  while (!disk->hanging) std::this_thread::yield();
  spawn(detail::keep_result((*store)->commit(Batch().put("queued", "x")), queued));
  world.clock.advance_ms(60'000);
  ASSERT_TRUE(begun && queued);
  EXPECT_EQ(begun->error().code, ErrorCode::kUnknownOutcome);
  EXPECT_EQ(queued->error().code, ErrorCode::kTimeout);
  disk->hangs = false;
  disk->hangs.notify_all();
  ASSERT_TRUE(await_on(world.loop, (*store)->commit(Batch().put("after", "x"))));
  EXPECT_FALSE(*await_on(world.loop, (*store)->read("queued")));
  EXPECT_TRUE(*await_on(world.loop, (*store)->read("begun")));
}

}  // namespace
}  // namespace kiln::store
