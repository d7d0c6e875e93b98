// SPDX-License-Identifier: Apache-2.0
// What the durable queue does in a second with RocksDB on disk, by number of concurrent users,
// beside a bare appending fdatasync on the same file system in the same run; and what a claim costs
// at 20,000 entries and in a long queue. Usage: queue_bench [ENTRIES, default 10000000]

#include "async/blocking_pool.h"
#include "async/gate.h"
#include "async/loop.h"
#include "base/metrics.h"
#include "base/random.h"
#include "queue/store_queue.h"
#include "store/rocksdb/rocksdb_store.h"
#include "store/tuple.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace kiln::queue {
namespace {

using Nanoseconds = std::int64_t;
constexpr Nanoseconds kRunFor = 2'000'000'000;
constexpr std::size_t kPayloadBytes = 300;

Nanoseconds now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

double measure_fdatasync(const std::string& directory) {
  const std::string path = directory + "/appended";
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const std::string record(kPayloadBytes + 150, 'r');
  const Nanoseconds start = now();
  std::int64_t count = 0;
  for (; now() - start < kRunFor; ++count) {
    if (::write(fd, record.data(), record.size()) < 0 || ::fdatasync(fd) != 0) std::abort();
  }
  ::close(fd);
  return static_cast<double>(count) * 1e9 / static_cast<double>(now() - start);
}

struct Bench {
  StoreQueue& queue;
  store::Store& store;
  QueueId id;
  Gate gate;
  Nanoseconds end = 0;
  std::size_t claim_max = 1;
  std::vector<Nanoseconds> latencies;
  std::vector<std::string> tokens;

  void note(Nanoseconds begin) { latencies.push_back(now() - begin); }
};

template <class T>
void must(const T& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::abort();
}

Task<void> send_until_end(Bench& bench) {
  const auto pass = bench.gate.enter();
  while (now() < bench.end) {
    const Nanoseconds begin = now();
    std::vector<Message> messages(1);
    messages[0].payload.assign(kPayloadBytes, 'p');
    auto sending = bench.queue.send(bench.id, std::move(messages));
    const auto sent = co_await sending;
    must(sent);
    bench.note(begin);
  }
}

Task<void> claim_until_end(Bench& bench) {
  const auto pass = bench.gate.enter();
  while (now() < bench.end) {
    const Nanoseconds begin = now();
    auto claiming = bench.queue.claim(bench.id, {.max = bench.claim_max, .lease_ms = 3'600'000});
    const auto leases = co_await claiming;
    must(leases);
    if (leases->empty()) co_return;
    bench.note(begin);
    for (const Lease& lease : *leases) bench.tokens.push_back(lease.token);
  }
}

Task<void> finish_until_end(Bench& bench) {
  const auto pass = bench.gate.enter();
  while (now() < bench.end && !bench.tokens.empty()) {
    const std::string token = std::move(bench.tokens.back());
    bench.tokens.pop_back();
    const Nanoseconds begin = now();
    auto finishing = bench.queue.done(bench.id, token);
    const Status done = co_await finishing;
    must(done);
    bench.note(begin);
  }
}

Task<void> all(Bench& bench, Task<void> (*one)(Bench&), int users) {
  for (int i = 0; i < users; ++i) spawn(one(bench));
  auto closed = bench.gate.closed();
  co_await closed;
}

void measure(Loop& loop, Bench& bench, const char* name, Task<void> (*one)(Bench&), int users,
             double base) {
  bench.latencies.clear();
  const Nanoseconds start = now();
  bench.end = start + kRunFor;
  loop.run_until_complete(all(bench, one, users));
  const double elapsed = static_cast<double>(now() - start);
  if (bench.latencies.empty()) return;
  std::ranges::sort(bench.latencies);
  const double per_second = static_cast<double>(bench.latencies.size()) * 1e9 / elapsed;
  const auto at = [&](double part) {
    const auto last = static_cast<double>(bench.latencies.size() - 1);
    return static_cast<double>(bench.latencies[static_cast<std::size_t>(part * last)]) / 1e3;
  };
  std::printf("%-10s %4d users %10.0f/s  p50 %8.0f us  p99 %8.0f us  x %.2f\n", name, users,
              per_second, at(0.5), at(0.99), per_second / base);
}

Task<void> fill(Bench& bench, std::int64_t count) {
  for (std::int64_t left = count; left > 0; left -= 1'000) {
    store::Batch batch{.durability = store::Durability::kBuffered};
    std::vector<std::shared_ptr<void>> pending;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(left, 1'000); ++i) {
      auto sent = bench.queue.add_send(batch, bench.id, {.payload = "payload"});
      must(sent);
      pending.push_back(std::move(sent->pending));
    }
    auto committing = bench.store.commit(std::move(batch));
    const Status committed = co_await committing;
    must(committed);
  }
}

int run(const std::string& directory, std::int64_t entries) {
  const double base = measure_fdatasync(directory);
  std::printf("append + fdatasync    %10.0f/s\n", base);
  Loop loop;
  Metrics metrics;
  SystemRandom random;
  FaultPoints faults;
  BlockingPool pool(2, 1'000, metrics);
  auto store = store::open_rocksdb_store(directory + "/db", loop, pool, loop.clock(), metrics);
  must(store);
  StoreQueue queue(**store, loop, loop.clock(), random, metrics, faults);
  Bench bench{queue, **store, store::key("000000000000", "us-east-1", "bench", "a"), {}};
  for (const int users : {1, 16, 128}) {
    measure(loop, bench, "send", send_until_end, users, base);
    measure(loop, bench, "claim 1", claim_until_end, users, base);
    measure(loop, bench, "done", finish_until_end, users, base);
  }
  for (const std::int64_t length : {std::int64_t{20'000}, entries}) {
    bench.id = store::key("000000000000", "us-east-1", "bench", length);
    bench.claim_max = 10;
    const Nanoseconds start = now();
    loop.run_until_complete(fill(bench, length));
    std::printf("%ld entries, filled in %.1f s:\n", length,
                static_cast<double>(now() - start) / 1e9);
    measure(loop, bench, "claim 10", claim_until_end, 1, base);
  }
  loop.run_until_complete(queue.stop());
  return 0;
}

}  // namespace
}  // namespace kiln::queue

int main(int argc, char** argv) {
  const std::int64_t entries = argc > 1 ? std::atoll(argv[1]) : 10'000'000;
  std::string directory =
      (std::filesystem::temp_directory_path() / "kiln_queue_bench_XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  const int result = kiln::queue::run(directory, entries);
  std::filesystem::remove_all(directory);
  return result;
}
