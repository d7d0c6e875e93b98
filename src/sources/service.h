// SPDX-License-Identifier: Apache-2.0
#pragma once
// Service is what the operations of event source mappings work on.
// Threads: one loop. Everything in Dependencies outlives it.

#include "async/executor.h"
#include "lambda/function_directory.h"
#include "sources/mapping_repository.h"
#include "sources/mapping_tags.h"
#include "sources/pending_mappings.h"
#include "sources/poller_supervisor.h"

namespace kiln::aws {
class Registry;
}

namespace kiln::sources {

struct Service {
  struct Dependencies {
    store::Store& store;
    Executor& home;
    PollerPorts ports;
  };
  explicit Service(const Dependencies& d)
      : clock(d.ports.clock),
        random(d.ports.random),
        functions(d.ports.functions),
        mappings(d.store, [this](const std::string&) { supervisor.changed(); }),
        supervisor(mappings, sources, d.ports, d.store, d.home) {}

  void start() { supervisor.start(); }
  // Before the invoker stops, so that nothing new begins; then stop() after it.
  void begin_stop() { supervisor.begin_stop(); }
  Task<void> stop() { return supervisor.stop(); }

  Clock& clock;
  Random& random;
  lambda::FunctionDirectory& functions;
  MessageSources sources;
  MappingRepository mappings;
  MappingTags tags{mappings};
  PollerSupervisor supervisor;
  PendingMappings pending{mappings, sources, supervisor};
};

// Adds the operations of event source mappings. `service` outlives the registry.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::sources
