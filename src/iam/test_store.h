// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of IAM and STS share: a loop, a memory store on it, fixed randomness.

#include "async/loop.h"
#include "base/random.h"
#include "store/memory/memory_store.h"

#include <memory>
#include <utility>

namespace kiln::iam {

struct TestStore {
  Loop loop;
  std::unique_ptr<store::Store> engine = store::make_memory_store(loop.clock(), loop);
  SeededRandom random{7};
  Timestamp now{1'767'225'600'000};  // 2026-01-01T00:00:00Z

  store::Store& store() { return *engine; }

  // Runs `task` on the loop and answers its value.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    loop.run_until_complete(keep(std::move(task), out));
    return std::move(*out);
  }

 private:
  template <class T>
  static Task<void> keep(Task<T> task, std::optional<T>& out) {
    out.emplace(co_await std::move(task));
  }
};

}  // namespace kiln::iam
