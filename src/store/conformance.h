// SPDX-License-Identifier: Apache-2.0
#pragma once
// The conformance suite of Store: what every engine must do, whatever is behind it.
//
// An engine's test file instantiates it with a StoreEngine; the tests are in conformance_test.cc:
//   INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, testing::Values(memory_engine()),
//   engine_name);

#include "async/blocking_pool.h"
#include "async/fake_clock.h"
#include "async/loop.h"
#include "base/metrics.h"
#include "store/store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace kiln::store {

// A directory that goes with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "kiln_store_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What an engine is given.
struct StoreWorld {
  Loop loop;
  FakeClock clock;
  Metrics metrics;
  BlockingPool pool{2, 1'000, metrics};
  TemporaryDirectory directory;
};

struct StoreEngine {
  std::string name;
  bool persistent = false;
  std::function<std::unique_ptr<Store>(StoreWorld&)> open;
};

inline std::string engine_name(const testing::TestParamInfo<StoreEngine>& info) {
  return info.param.name;
}

namespace detail {
template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await task);
}
}  // namespace detail

// Runs `task` on the loop to its end.
template <class T>
T await_on(Loop& loop, Task<T> task) {
  std::optional<T> out;
  loop.run_until_complete(detail::keep_result(std::move(task), out));
  return std::move(*out);
}

class StoreConformance : public testing::TestWithParam<StoreEngine> {
 protected:
  template <class T>
  T await(Task<T> task) {
    return await_on(world_.loop, std::move(task));
  }
  void reopen() {
    ASSERT_TRUE(await(store_->close()));
    store_.reset();
    store_ = GetParam().open(world_);
  }
  // Runs what has been posted to the loop so far.
  void settle();

  Status put(std::string key, std::string value);
  std::optional<Entry> get(std::string key, SnapshotPtr at = nullptr);
  // "a=1 b=2" of a scan.
  std::string scan(Range range, SnapshotPtr at = nullptr);

  StoreWorld world_;
  std::unique_ptr<Store> store_ = GetParam().open(world_);
};

}  // namespace kiln::store
