// SPDX-License-Identifier: Apache-2.0
// SIGKILL at random moments during commits: every acknowledged one must be there afterwards.
//
// The child is this same program, told by the environment to run KillChild.DISABLED_Writes. It
// writes the numbers of acknowledged commits to a pipe. KILN_KILL_ROUNDS sets how many kills.

#include "base/random.h"
#include "store/conformance.h"
#include "store/rocksdb/rocksdb_store.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace kiln::store {
namespace {

constexpr int kWriters = 16;
constexpr char kDirectoryVariable[] = "KILN_KILL_CHILD_DIRECTORY";
constexpr char kPipeVariable[] = "KILN_KILL_CHILD_PIPE";

struct Ack {
  std::uint32_t writer;
  std::uint32_t number;
};

std::string writer_prefix(std::uint32_t writer) { return "w" + std::to_string(100 + writer) + "/"; }

std::string key_of(std::uint32_t writer, std::uint32_t number) {
  return writer_prefix(writer) + std::to_string(1'000'000'000 + number);
}

// Sized so that logs roll over and memory is flushed within a few rounds.
std::string value_of(std::uint32_t writer, std::uint32_t number) {
  return std::string(100 + number % 2'000, 'v') + key_of(writer, number);
}

std::unique_ptr<Store> open(StoreWorld& world, const std::string& directory) {
  auto store = open_rocksdb_store(directory, world.loop, world.pool, world.clock, world.metrics);
  EXPECT_TRUE(store) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

// How many numbers `writer` has, 0, 1, ...; fails the test at a gap or a wrong value.
std::uint32_t count_numbers(StoreWorld& world, Store& store, std::uint32_t writer) {
  std::uint32_t count = 0;
  Range range = prefix_range(writer_prefix(writer));
  for (;;) {
    const auto page = await_on(world.loop, store.scan(range));
    if (!page) {
      ADD_FAILURE() << page.error().message;
      return count;
    }
    for (const Entry& entry : *page) {
      EXPECT_EQ(entry.key, key_of(writer, count));
      EXPECT_EQ(entry.value, value_of(writer, count));
      ++count;
    }
    if (page->size() < kMaxScanEntries) return count;
    range.begin = page->back().key + '\0';
  }
}

Task<void> write_forever(Store& store, std::uint32_t writer, std::uint32_t next, int pipe) {
  for (;; ++next) {
    Batch batch;
    batch.check_absent(key_of(writer, next)).put(key_of(writer, next), value_of(writer, next));
    auto committed = store.commit(std::move(batch));
    const Status status = co_await committed;
    if (!status) ::_exit(3);
    const Ack ack{writer, next};
    if (::write(pipe, &ack, sizeof ack) != sizeof ack) ::_exit(4);
  }
}

Task<void> write_from_all(Store& store, std::vector<std::uint32_t> next, int pipe) {
  for (std::uint32_t writer = 1; writer < next.size(); ++writer) {
    spawn(write_forever(store, writer, next[writer], pipe));
  }
  auto first = write_forever(store, 0, next[0], pipe);
  co_await first;
}

TEST(KillChild, DISABLED_Writes) {
  const char* directory = std::getenv(kDirectoryVariable);
  const char* pipe = std::getenv(kPipeVariable);
  ASSERT_TRUE(directory != nullptr && pipe != nullptr) << "only KillTest runs this";
  StoreWorld world;
  const auto store = open(world, directory);
  ASSERT_TRUE(store);
  std::vector<std::uint32_t> next;
  for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
    next.push_back(count_numbers(world, *store, writer));
  }
  world.loop.run_until_complete(write_from_all(*store, next, std::atoi(pipe)));
}

pid_t start_child(const std::string& directory, int pipe) {
  const std::string directory_setting = std::string(kDirectoryVariable) + "=" + directory;
  const std::string pipe_setting = std::string(kPipeVariable) + "=" + std::to_string(pipe);
  const int quiet = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t child = ::fork();
  if (child != 0) {
    ::close(quiet);
    return child;
  }
  ::dup2(quiet, STDOUT_FILENO);
  const char* arguments[] = {"store_test", "--gtest_filter=KillChild.DISABLED_Writes",
                             "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr};
  const char* environment[] = {directory_setting.c_str(), pipe_setting.c_str(), nullptr};
  ::execve("/proc/self/exe", const_cast<char**>(arguments), const_cast<char**>(environment));
  ::_exit(127);
}

// Runs a child until it has acknowledged `kill_after` commits, kills it, and adds to `acknowledged`
// the highest number of each writer.
void run_and_kill(const std::string& directory, std::uint64_t kill_after,
                  std::map<std::uint32_t, std::uint32_t>& acknowledged) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
  const pid_t child = start_child(directory, ends[1]);
  ASSERT_GT(child, 0);
  ::close(ends[1]);
  std::uint64_t seen = 0;
  Ack ack;
  // An Ack is written whole (less than PIPE_BUF). After the kill, the rest of the pipe is read.
  while (::read(ends[0], &ack, sizeof ack) == sizeof ack) {
    acknowledged[ack.writer] = ack.number;
    if (++seen == kill_after) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
}

TEST(KillTest, EveryAcknowledgedCommitSurvivesSigkill) {
  const char* setting = std::getenv("KILN_KILL_ROUNDS");
  const int rounds = setting != nullptr ? std::atoi(setting) : 10;
  constexpr int kRoundsPerDirectory = 20;  // so that checking what is there stays quick
  std::optional<TemporaryDirectory> directory;
  SystemRandom random;
  std::map<std::uint32_t, std::uint32_t> acknowledged;
  for (int round = 0; round < rounds; ++round) {
    if (round % kRoundsPerDirectory == 0) {
      directory.emplace();
      acknowledged.clear();
    }
    const std::uint64_t kill_after = 1 + random.next_u64() % 1'000;
    SCOPED_TRACE("round " + std::to_string(round) + ", kill after " + std::to_string(kill_after));
    run_and_kill(directory->path() + "/db", kill_after, acknowledged);
    StoreWorld world;
    const auto store = open(world, directory->path() + "/db");
    ASSERT_TRUE(store);
    for (const auto& [writer, number] : acknowledged) {
      ASSERT_GT(count_numbers(world, *store, writer), number) << "writer " << writer;
    }
    ASSERT_TRUE(await_on(world.loop, store->close()));
  }
  EXPECT_FALSE(acknowledged.empty());
}

}  // namespace
}  // namespace kiln::store
