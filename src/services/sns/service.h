// SPDX-License-Identifier: Apache-2.0
#pragma once
// Service is SNS: what the operations in api/ work with, and the worker that delivers.
//
// Ownership: the composition root owns it and registers the operations (api/operations.h).
// Lifecycle: start() once, stop() once before the queue and the store close. Threads: one loop.

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/loop.h"
#include "aws/event_target.h"
#include "base/metrics.h"
#include "base/random.h"
#include "iam/authorizer.h"
#include "queue/queue.h"
#include "services/sns/delivery/mail_sender.h"
#include "services/sns/delivery/pending_deliveries.h"
#include "services/sns/delivery/signer.h"
#include "services/sns/delivery/target_sender.h"
#include "services/sns/delivery/topic_target.h"
#include "services/sns/delivery/web_sender.h"
#include "services/sns/delivery/worker.h"
#include "services/sns/store/catalog.h"
#include "services/sns/store/publisher.h"
#include "services/sns/store/topic_policies.h"
#include "store/store.h"

#include <utility>

namespace kiln::sns {

struct Service {
  // All outlive the service.
  struct Ports {
    store::Store& store;
    queue::Queue& queue;
    Clock& clock;  // of what waits; connections keep the loop's
    Loop& loop;
    BlockingPool& pool;
    Random& random;
    Metrics& metrics;
    metering::MetricStore& metric_store;
    aws::EventTarget& targets;  // where deliveries go
    iam::Authorizer& authorizer;
    MailSettings mail;
  };
  explicit Service(Ports ports)
      : random(ports.random),
        clock(ports.clock),
        catalog(ports.store, ports.queue, clock, ports.random),
        meter(ports.metric_store),
        publisher(ports.store, ports.queue, catalog, clock, ports.metrics, meter),
        policies(catalog),
        topics(catalog, publisher, ports.authorizer, clock, ports.random),
        signer(ports.store, ports.pool, ports.loop, clock),
        target_sender(ports.targets, signer),
        web_sender(ports.loop, signer),
        mail_sender(ports.loop, signer, ports.metrics, std::move(ports.mail)),
        worker({.store = ports.store,
                .queue = ports.queue,
                .catalog = catalog,
                .publisher = publisher,
                .clock = clock,
                .home = ports.loop,
                .random = ports.random,
                .metrics = ports.metrics,
                .meter = meter,
                .targets = target_sender,
                .web = web_sender,
                .mail = mail_sender}),
        pending(catalog, ports.queue, clock) {}

  void start() { worker.start(); }
  Task<void> stop() { return worker.stop(); }

  Random& random;
  Clock& clock;
  Catalog catalog;
  TopicMeter meter;
  Publisher publisher;
  TopicPolicies policies;  // for PolicyAuthorizer::add_resource_policies("sns")
  TopicTarget topics;      // for EventTargets::add("sns")
  Signer signer;
  TargetSender target_sender;
  WebSender web_sender;
  MailSender mail_sender;
  DeliveryWorker worker;
  PendingDeliveries pending;
};

}  // namespace kiln::sns
