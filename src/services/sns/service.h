// SPDX-License-Identifier: Apache-2.0
#pragma once
// Service is SNS: what the operations in api/ work with, and the worker that delivers.
//
// Ownership: the composition root owns it and registers the operations (api/operations.h).
// Lifecycle: start() once, stop() once before the queue and the store close. Threads: one loop.

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/executor.h"
#include "aws/event_target.h"
#include "base/metrics.h"
#include "base/random.h"
#include "iam/authorizer.h"
#include "queue/queue.h"
#include "services/sns/delivery/signer.h"
#include "services/sns/delivery/target_sender.h"
#include "services/sns/delivery/topic_target.h"
#include "services/sns/delivery/worker.h"
#include "services/sns/store/catalog.h"
#include "services/sns/store/publisher.h"
#include "services/sns/store/topic_policies.h"
#include "store/store.h"

namespace kiln::sns {

struct Service {
  // All outlive the service.
  struct Ports {
    store::Store& store;
    queue::Queue& queue;
    Clock& clock;
    Executor& home;
    BlockingPool& pool;
    Random& random;
    Metrics& metrics;
    aws::EventTarget& targets;  // where deliveries go
    iam::Authorizer& authorizer;
  };
  explicit Service(Ports ports)
      : random(ports.random),
        clock(ports.clock),
        catalog(ports.store, ports.queue, ports.clock, ports.random),
        publisher(ports.store, ports.queue, catalog, ports.clock, ports.metrics),
        policies(catalog),
        topics(catalog, publisher, ports.authorizer, ports.clock, ports.random),
        signer(ports.store, ports.pool, ports.home, ports.clock),
        target_sender(ports.targets, signer),
        worker({.store = ports.store,
                .queue = ports.queue,
                .catalog = catalog,
                .publisher = publisher,
                .clock = ports.clock,
                .home = ports.home,
                .random = ports.random,
                .metrics = ports.metrics,
                .targets = target_sender,
                .web = target_sender,
                .mail = target_sender}) {}

  void start() { worker.start(); }
  Task<void> stop() { return worker.stop(); }

  Random& random;
  Clock& clock;
  Catalog catalog;
  Publisher publisher;
  TopicPolicies policies;  // for PolicyAuthorizer::add_resource_policies("sns")
  TopicTarget topics;      // for EventTargets::add("sns")
  Signer signer;
  TargetSender target_sender;
  DeliveryWorker worker;
};

}  // namespace kiln::sns
