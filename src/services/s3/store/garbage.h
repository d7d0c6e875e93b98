// SPDX-License-Identifier: Apache-2.0
#pragma once
// Garbage removes in the background what is too much for the commit that let it go: the parts of
// large objects, of uploads, everything of a bucket; and sweeps blobs that nobody references.
//
// The commit leaves a key; a crash only delays the work. Lifecycle: start(), stop(). Threads: one
// loop.

#include "async/clock.h"
#include "async/gate.h"
#include "base/metrics.h"
#include "services/s3/store/bodies.h"
#include "store/store.h"

#include <stop_token>
#include <string>

namespace kiln::s3 {

class Garbage {
 public:
  // What a garbage key's value begins with. A bucket's has no id in its key, and the bucket's
  // record as its value.
  static constexpr char kPages = 'p';   // of a version
  static constexpr char kUpload = 'u';  // parts of an upload

  static constexpr std::int64_t kSweepEveryMs = 10 * 60 * 1'000;
  static constexpr std::int64_t kGraceMs = 60 * 60 * 1'000;

  Garbage(store::Store& store, Bodies& bodies, Clock& clock, Metrics& metrics);

  void start();
  Task<void> stop();
  // There may be something to do.
  void wake();
  // Removes blobs older than `grace_ms` that no key references. Answers how many.
  Task<Result<std::size_t>> sweep(std::int64_t grace_ms);

 private:
  Task<void> run(Gate::Pass pass);
  Task<void> sweep_forever(Gate::Pass pass);
  // Works until nothing is left.
  Task<Status> clear();
  Task<Status> clear_bucket(Bucket bucket);
  Task<Status> clear_pages(Bucket bucket, std::string id);
  Task<Status> clear_uploaded_parts(Bucket bucket, std::string id);
  Task<Status> clear_prefix(std::string prefix);
  Task<Result<std::vector<std::string>>> unreferenced(std::vector<std::string> ids);

  store::Store& store_;
  Bodies& bodies_;
  Clock& clock_;
  Counter& swept_;
  Counter& failures_;
  bool working_ = false;
  bool again_ = false;
  std::stop_source stop_;
  Gate gate_;
};

}  // namespace kiln::s3
