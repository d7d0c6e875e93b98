// SPDX-License-Identifier: Apache-2.0
#pragma once
// PendingMappings reports the queues that enabled mappings read, while there is anything in them,
// and batches that are with a function.

#include "queue/pending.h"
#include "sources/mapping_repository.h"
#include "sources/poller_supervisor.h"

#include <cstddef>
#include <vector>

namespace kiln::sources {

class PendingMappings final : public queue::PendingReporter {
 public:
  // All outlive *this.
  PendingMappings(MappingRepository& mappings, const MessageSources& sources,
                  const PollerSupervisor& supervisor)
      : mappings_(mappings), sources_(sources), supervisor_(supervisor) {}
  Task<Result<std::vector<queue::PendingWork>>> pending(std::size_t limit) override;

 private:
  MappingRepository& mappings_;
  const MessageSources& sources_;
  const PollerSupervisor& supervisor_;
};

}  // namespace kiln::sources
