// SPDX-License-Identifier: Apache-2.0
#pragma once
// PendingDeliveries reports the lanes of every place in which messages wait or are on their way.

#include "async/clock.h"
#include "queue/pending.h"
#include "services/sns/store/catalog.h"

#include <cstddef>
#include <vector>

namespace kiln::sns {

class PendingDeliveries final : public queue::PendingReporter {
 public:
  // All outlive *this.
  PendingDeliveries(Catalog& catalog, queue::Queue& queue, const Clock& clock)
      : catalog_(catalog), queue_(queue), clock_(clock) {}
  Task<Result<std::vector<queue::PendingWork>>> pending(std::size_t limit) override;

 private:
  Catalog& catalog_;
  queue::Queue& queue_;
  const Clock& clock_;
};

}  // namespace kiln::sns
