// SPDX-License-Identifier: Apache-2.0
#pragma once
// LifecycleSweeper ends what the lifecycle rules of buckets end: versions, delete markers that hide
// nothing any more, uploads under way; and moves versions to other storage classes.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-set-lifecycle-configuration-intro.html
//
// It looks through every bucket with rules once an hour by its clock, key by key. A version that is
// replaced meanwhile stays. Lifecycle: start(), stop(). Threads: one loop.

#include "async/clock.h"
#include "async/gate.h"
#include "base/metrics.h"
#include "base/random.h"
#include "services/s3/model/lifecycle.h"
#include "services/s3/store/listing.h"
#include "services/s3/store/objects.h"
#include "services/s3/store/uploads.h"
#include "store/store.h"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace kiln::s3 {

class LifecycleSweeper {
 public:
  static constexpr std::int64_t kEveryMs = 60 * 60 * 1'000;

  struct Ports {
    store::Store& store;
    Buckets& buckets;
    Objects& objects;
    Listing& listing;
    Uploads& uploads;
    Clock& clock;
    Random& random;
    Metrics& metrics;
  };
  explicit LifecycleSweeper(Ports ports);

  void start();
  Task<void> stop();
  // One look at everything. Answers how much ended or moved.
  Task<Result<std::size_t>> sweep();

 private:
  using Rules = std::shared_ptr<const Lifecycle>;
  // What is done to one version.
  struct Action {
    std::string key;
    Version version;
    bool current = false;                // not by its id: its place may get a marker
    std::optional<std::string> move_to;  // a storage class; unset: it ends
  };
  // Where in the list of versions the sweep is.
  struct KeyState {
    std::string key;
    std::size_t entries = 0;
    NoncurrentState noncurrent;
    std::optional<Version> marker;  // the latest version, when it is one
  };

  Task<void> sweep_forever(Gate::Pass pass);
  Task<Result<std::size_t>> sweep_bucket(std::string name);
  Task<Result<std::size_t>> sweep_versions(BucketPtr bucket, Rules rules);
  Task<Result<std::size_t>> sweep_uploads(BucketPtr bucket, Rules rules);
  static void decide(const Lifecycle& rules, const VersionPage::Entry& entry, KeyState& state,
                     Timestamp now, std::vector<Action>& out);
  static void end_key(const Lifecycle& rules, KeyState& state, Timestamp now,
                      std::vector<Action>& out);
  // False: it has changed since.
  Task<Result<bool>> act(BucketPtr bucket, Action action);
  Cause cause(std::string event) const;

  Ports ports_;
  Counter& ended_;
  Counter& failures_;
  std::stop_source stop_;
  Gate gate_;
};

}  // namespace kiln::s3
