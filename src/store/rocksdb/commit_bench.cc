// SPDX-License-Identifier: Apache-2.0
// Commits per second on disk, by number of concurrent writers, beside a bare appending fdatasync on
// the same file system in the same run; or commits and reads of a PostgreSQL database.
// Usage: store_bench [DIRECTORY, default a temporary one | postgres://…]

#include "async/blocking_pool.h"
#include "async/gate.h"
#include "async/loop.h"
#include "base/metrics.h"
#include "base/random.h"
#include "store/postgres/postgres_store.h"
#include "store/rocksdb/rocksdb_store.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace kiln::store {
namespace {

using Nanoseconds = std::int64_t;

Nanoseconds now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

constexpr Nanoseconds kRunFor = 2'000'000'000;
constexpr std::size_t kValueBytes = 300;

struct Figures {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
};

Figures summarize(std::vector<Nanoseconds> latencies, Nanoseconds elapsed) {
  std::ranges::sort(latencies);
  const auto at = [&](double part) {
    return static_cast<double>(latencies[static_cast<std::size_t>(
               part * static_cast<double>(latencies.size() - 1))]) /
           1e3;
  };
  return {static_cast<double>(latencies.size()) * 1e9 / static_cast<double>(elapsed), at(0.5),
          at(0.99)};
}

std::string status_line(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return line;
  }
  return {};
}

Figures measure_fdatasync(const std::string& directory) {
  const std::string path = directory + "/appended";
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const std::string record(kValueBytes + 50, 'r');
  std::vector<Nanoseconds> latencies;
  const Nanoseconds start = now();
  while (now() - start < kRunFor) {
    const Nanoseconds begin = now();
    if (::write(fd, record.data(), record.size()) < 0 || ::fdatasync(fd) != 0) std::abort();
    latencies.push_back(now() - begin);
  }
  ::close(fd);
  return summarize(std::move(latencies), now() - start);
}

struct Run {
  Store& store;
  Nanoseconds end;
  Gate gate;
  std::vector<Nanoseconds> latencies;
};

Task<void> write_until_end(Run& run, int writer) {
  const auto pass = run.gate.enter();
  for (int i = 0; now() < run.end; ++i) {
    Batch batch;
    batch.put(std::to_string(writer) + "/" + std::to_string(i), std::string(kValueBytes, 'v'));
    const Nanoseconds begin = now();
    auto committed = run.store.commit(std::move(batch));
    const Status status = co_await committed;
    if (!status) std::abort();
    run.latencies.push_back(now() - begin);
  }
}

// What most of Kiln's writes are: one key is checked, two are written.
Task<void> check_and_write_until_end(Run& run, int writer) {
  const auto pass = run.gate.enter();
  const std::string guard = "guard/" + std::to_string(writer);
  while (now() < run.end) {
    auto reading = run.store.read(guard);
    const auto found = co_await reading;
    if (!found) std::abort();
    Batch batch;
    batch.check(guard, *found ? std::optional((*found)->version) : std::nullopt);
    batch.put(guard, "").put(std::to_string(writer) + "/c", std::string(kValueBytes, 'v'));
    const Nanoseconds begin = now();
    auto committed = run.store.commit(std::move(batch));
    const Status status = co_await committed;
    if (!status) std::abort();
    run.latencies.push_back(now() - begin);
  }
}

Task<void> read_until_end(Run& run, int reader) {
  const auto pass = run.gate.enter();
  for (int i = 0; now() < run.end; ++i) {
    const Nanoseconds begin = now();
    auto reading = run.store.read(std::to_string(reader) + "/" + std::to_string(i % 100));
    const auto found = co_await reading;
    if (!found) std::abort();
    run.latencies.push_back(now() - begin);
  }
}

using Worker = Task<void> (*)(Run&, int);

Task<void> run_workers(Run& run, int count, Worker worker = write_until_end) {
  for (int i = 0; i < count; ++i) spawn(worker(run, i));
  auto closed = run.gate.closed();
  co_await closed;
}

void print(const std::string& name, const Figures& figures, double base) {
  std::printf("%-22s %10.0f/s  p50 %8.0f us  p99 %8.0f us  x %.2f\n", name.c_str(),
              figures.per_second, figures.p50_us, figures.p99_us, figures.per_second / base);
}

int run_postgres(const std::string& url) {
  Loop loop;
  Metrics metrics;
  SystemRandom random;
  auto store = open_postgres_store({.url = url}, loop, loop.clock(), random, metrics);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 1;
  }
  struct Load {
    const char* name;
    Worker worker;
  };
  for (const Load& load :
       {Load{"commit", write_until_end}, Load{"checked commit", check_and_write_until_end},
        Load{"read", read_until_end}}) {
    for (const int workers : {1, 8, 64}) {
      Run one{**store, now() + kRunFor, {}, {}};
      const Nanoseconds start = now();
      loop.run_until_complete(run_workers(one, workers, load.worker));
      const Figures figures = summarize(std::move(one.latencies), now() - start);
      print(std::string(load.name) + " x " + std::to_string(workers), figures, figures.per_second);
    }
  }
  return 0;
}

int run(const std::string& directory) {
  const Figures raw = measure_fdatasync(directory);
  print("append + fdatasync", raw, raw.per_second);
  Loop loop;
  Metrics metrics;
  BlockingPool pool(2, 1'000, metrics);
  const std::string idle_before = status_line("RssAnon");
  Result<std::unique_ptr<Store>> store;
  for (const char* label : {"open (new)", "open (small)", "open (small)"}) {
    if (store) store->reset();
    const Nanoseconds opening = now();
    store = open_rocksdb_store(directory + "/db", loop, pool, loop.clock(), metrics);
    if (!store) {
      std::fprintf(stderr, "%s\n", store.error().message.c_str());
      return 1;
    }
    std::printf("%-22s %10.1f ms\n", label, static_cast<double>(now() - opening) / 1e6);
  }
  std::printf("idle: before %s; open %s\n", idle_before.c_str(), status_line("RssAnon").c_str());
  Counter& syncs = metrics.counter("kiln_store_syncs_total");
  for (const int writers : {1, 4, 16, 64, 256}) {
    const auto before = syncs.value();
    Run load{**store, now() + kRunFor, {}, {}};
    const Nanoseconds start = now();
    loop.run_until_complete(run_workers(load, writers));
    const double commits = static_cast<double>(load.latencies.size());
    print(std::to_string(writers) + " writers", summarize(std::move(load.latencies), now() - start),
          raw.per_second);
    std::printf("%-22s %10.1f commits a sync\n", "",
                commits / static_cast<double>(syncs.value() - before));
  }
  store->reset();
  const Nanoseconds reopening = now();
  store = open_rocksdb_store(directory + "/db", loop, pool, loop.clock(), metrics);
  std::printf("open (loaded)          %10.1f ms; %s\n",
              static_cast<double>(now() - reopening) / 1e6, status_line("RssAnon").c_str());
  return 0;
}

}  // namespace
}  // namespace kiln::store

int main(int argc, char** argv) {
  if (argc > 1 && kiln::store::is_postgres_url(argv[1])) return kiln::store::run_postgres(argv[1]);
  if (argc > 1) return kiln::store::run(argv[1]);
  std::string directory =
      (std::filesystem::temp_directory_path() / "kiln_store_bench_XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  const int result = kiln::store::run(directory);
  std::filesystem::remove_all(directory);
  return result;
}
