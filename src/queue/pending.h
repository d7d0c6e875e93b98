// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pending work is what a server has accepted and not finished: for `kiln settle`, which waits until
// there is none and otherwise says what is stuck. Each room that keeps work in queues reports its
// own. Reports claim nothing and change nothing.

#include "async/clock.h"
#include "queue/queue.h"
#include "queue/work_registry.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::queue {

// What there is in one queue.
struct Backlog {
  Counts counts;
  std::int64_t due_in_ms = 0;  // until its first item is visible; 0: now
  std::string first;           // payload of that item
  bool empty() const { return counts.visible + counts.delayed + counts.leased == 0; }
};
Task<Result<Backlog>> backlog_of(Queue& queue, QueueId id, Timestamp now);

struct PendingWork {
  std::string kind;  // "async", "outbox", "sns", "sqs"
  std::string name;  // of the queue, for a reader: an ARN, or the parts of a key
  std::string next;  // what its first item is for; may be empty
  Backlog backlog;
};

class PendingReporter {
 public:
  virtual ~PendingReporter() = default;
  // Queues that have items, at most `limit`.
  virtual Task<Result<std::vector<PendingWork>>> pending(std::size_t limit) = 0;
};

// The queues of one kind in the registry (work_registry.h).
class RegistryReporter final : public PendingReporter {
 public:
  using Describe = std::function<std::string(const std::string& payload)>;
  // `describe` makes PendingWork::next. References outlive *this.
  RegistryReporter(store::Store& store, Queue& queue, const Clock& clock, std::string kind,
                   Describe describe = nullptr)
      : registry_(store, kind),
        queue_(queue),
        clock_(clock),
        kind_(std::move(kind)),
        describe_(std::move(describe)) {}
  Task<Result<std::vector<PendingWork>>> pending(std::size_t limit) override;

 private:
  WorkRegistry registry_;
  Queue& queue_;
  const Clock& clock_;
  const std::string kind_;
  const Describe describe_;
};

}  // namespace kiln::queue
