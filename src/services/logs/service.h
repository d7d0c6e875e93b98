// SPDX-License-Identifier: Apache-2.0
#pragma once
// Service is CloudWatch Logs: what the operations in api/ and the invoke path work with.
//
// Ownership: the composition root owns it, hands `ingest` to the invoke path as its LogSink and
// registers the operations (api/operations.h). Lifecycle: start() once, stop() once before the
// store closes; stop() writes what is buffered. Threads: one loop.

#include "async/clock.h"
#include "async/task.h"
#include "base/metrics.h"
#include "base/random.h"
#include "services/logs/store/catalog.h"
#include "services/logs/store/event_reader.h"
#include "services/logs/store/event_writer.h"
#include "services/logs/store/log_ingest.h"
#include "services/logs/store/retention.h"
#include "store/store.h"

namespace kiln::logs {

struct Service {
  // All outlive the service.
  Service(store::Store& store, Clock& clock, Random& random, Metrics& metrics)
      : clock(clock),
        catalog(store, clock, random),
        writer(store, catalog, clock, random),
        reader(store),
        ingest(writer, clock, metrics),
        retention(store, catalog, clock, metrics) {}

  void start() { retention.start(); }
  Task<void> stop() {
    co_await ingest.stop();
    co_await retention.stop();
  }

  Clock& clock;
  Catalog catalog;
  EventWriter writer;
  EventReader reader;
  LogIngest ingest;
  RetentionWorker retention;
};

}  // namespace kiln::logs
