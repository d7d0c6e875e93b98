// SPDX-License-Identifier: Apache-2.0
#pragma once
// Service is S3: what the operations in api/ work with.
//
// Ownership: the composition root. Lifecycle: start() once, stop() once before the store closes and
// after the HTTP server has stopped. Threads: one loop.

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "blob/owned_blobs.h"
#include "iam/authorizer.h"
#include "services/s3/bucket_target.h"
#include "services/s3/code_objects.h"
#include "services/s3/store/bodies.h"
#include "services/s3/store/bucket_policies.h"
#include "services/s3/store/buckets.h"
#include "services/s3/store/garbage.h"
#include "services/s3/store/lifecycle_sweeper.h"
#include "services/s3/store/listing.h"
#include "services/s3/store/notifier.h"
#include "services/s3/store/objects.h"
#include "services/s3/store/uploads.h"
#include "store/store.h"

#include <memory>
#include <string>

namespace kiln::s3 {

struct Service {
  // All but the blobs outlive the service.
  struct Dependencies {
    store::Store& store;
    Executor& home;
    Clock& clock;
    Random& random;
    Metrics& metrics;
    iam::Authorizer& authorizer;
    queue::Outbox& outbox;
    aws::EventTarget& targets;
  };
  // Hashing and writing bodies has threads of its own, so that it never keeps the store waiting.
  static constexpr std::size_t kBodyThreads = 3;
  static constexpr std::size_t kBodyQueue = 10'000;

  // `directory` holds the bodies of objects.
  static Result<std::unique_ptr<Service>> open(std::string directory, Dependencies dependencies) {
    auto pool = std::make_unique<BlockingPool>(kBodyThreads, kBodyQueue, dependencies.metrics);
    KILN_TRY(auto blobs, blob::open_owned_blobs(std::move(directory), dependencies.home, *pool,
                                                dependencies.random));
    return std::make_unique<Service>(dependencies, std::move(pool), std::move(blobs));
  }
  Service(Dependencies d, std::unique_ptr<BlockingPool> body_pool,
          std::unique_ptr<blob::OwnedBlobs> object_blobs)
      : clock(d.clock),
        random(d.random),
        authorizer(d.authorizer),
        pool(std::move(body_pool)),
        blobs(std::move(object_blobs)),
        buckets(d.store, d.home, clock, random),
        bodies(*blobs),
        garbage(d.store, bodies, clock, d.metrics),
        objects(d.store, buckets, bodies, garbage, clock, random),
        listing(d.store),
        notifier(d.outbox, d.targets, d.clock),
        uploads(d.store, buckets, objects, bodies, garbage, clock, random),
        lifecycle({d.store, buckets, objects, listing, uploads, d.clock, d.random, d.metrics}),
        policies(buckets, objects),
        code_objects(*this),
        target(*this) {
    objects.set_observer(&notifier);
  }

  void start() {
    garbage.start();
    lifecycle.start();
  }
  Task<void> stop() {
    co_await lifecycle.stop();
    co_await garbage.stop();
    co_await bodies.stop();
  }

  Clock& clock;
  Random& random;
  iam::Authorizer& authorizer;  // for requests that name many objects
  std::unique_ptr<BlockingPool> pool;
  std::unique_ptr<blob::OwnedBlobs> blobs;
  Buckets buckets;
  Bodies bodies;
  Garbage garbage;
  Objects objects;
  Listing listing;
  Notifier notifier;
  Uploads uploads;
  LifecycleSweeper lifecycle;
  BucketPolicies policies;   // the iam::ResourcePolicies of "s3"
  CodeObjects code_objects;  // where Lambda finds packages
  BucketTarget target;       // for EventTargets::add("s3")
};

}  // namespace kiln::s3
