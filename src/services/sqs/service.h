// SPDX-License-Identifier: Apache-2.0
#pragma once
// Service is SQS: what the operations in api/ work with.
//
// Ownership: the composition root owns it and registers the operations (api/operations.h).
// Lifecycle: start() once; end_waits() before the HTTP server stops, so that long polls don't hold
// it up; stop() once before the queue and the store close. Threads: one loop.

#include "async/clock.h"
#include "async/executor.h"
#include "async/task.h"
#include "base/metrics.h"
#include "base/random.h"
#include "iam/authorizer.h"
#include "iam/role_directory.h"
#include "queue/queue.h"
#include "services/sqs/queue_source.h"
#include "services/sqs/queue_target.h"
#include "services/sqs/store/message_store.h"
#include "services/sqs/store/move_tasks.h"
#include "services/sqs/store/queue_directory.h"
#include "services/sqs/store/queue_policies.h"
#include "services/sqs/store/sweeper.h"
#include "store/store.h"

#include <cstdint>
#include <stop_token>

namespace kiln::sqs {

struct Options {
  // How long the name of a deleted queue can't be used again, and how long after a PurgeQueue the
  // next one is refused. AWS: 60,000 for both. 0: at once, for test suites that do it all day.
  std::int64_t cooldown_ms = 60'000;
};

struct Service {
  // All outlive the service.
  struct Dependencies {
    store::Store& store;
    queue::Queue& queue;
    Clock& clock;
    Random& random;
    Executor& home;
    Metrics& metrics;
    iam::Authorizer& authorizer;
    iam::RoleDirectory& roles;
    metering::MetricStore& metric_store;
  };
  Service(const Dependencies& d, Options options)
      : clock(d.clock),
        options(options),
        queues(d.store, d.clock, d.random, d.home, options.cooldown_ms),
        meter(d.metric_store, "AWS/SQS", "QueueName"),
        messages(d.store, d.queue, queues, d.clock, d.metrics, meter),
        sweeper(d.store, queues, messages, d.clock),
        moves(d.store, d.queue, queues, messages, d.clock, d.random),
        policies(queues),
        target(queues, messages, d.authorizer, d.roles, d.clock),
        source(queues, messages, d.authorizer, d.clock) {}

  void start() {
    sweeper.start();
    moves.start();
  }
  void end_waits() { stopping.request_stop(); }
  Task<void> stop() {
    end_waits();
    co_await moves.stop();
    co_await sweeper.stop();
  }

  Clock& clock;
  const Options options;
  QueueDirectory queues;
  metering::ResourceMeter meter;
  MessageStore messages;
  Sweeper sweeper;
  MoveTasks moves;
  QueuePolicies policies;  // for iam::PolicyAuthorizer
  QueueTarget target;      // for aws::EventTargets
  QueueSource source;      // for sources::MessageSources
  std::stop_source stopping;
};

}  // namespace kiln::sqs
