// SPDX-License-Identifier: Apache-2.0
#pragma once
// InFlight keeps queues below the number of messages that may be received and not yet deleted.
//
// It counts what this process hands out and takes back; leases that end and what other nodes do it
// does not see, so when the number reaches the limit, and once in kRecountMs while messages go out,
// the queue is counted. Bound: kQueues, the least recently used are counted again.
// Threads: one loop.

#include "async/clock.h"
#include "async/task.h"
#include "base/result.h"
#include "iam/lru_cache.h"
#include "queue/queue.h"

#include <cstdint>
#include <memory>

namespace kiln::sqs {

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
inline constexpr std::int64_t kMaxInFlight = 120'000;
inline constexpr std::int64_t kMaxInFlightFifo = 20'000;

class InFlight {
 public:
  static constexpr std::size_t kQueues = 4'096;
  static constexpr std::int64_t kRecountMs = 60'000;
  static constexpr std::int64_t kRecountFullMs = 250;  // of a queue that is at its limit

  InFlight(queue::Queue& queue, const Clock& clock) : queue_(queue), clock_(clock) {}

  // How many more messages may go out now: 0 to `wanted`.
  Task<Result<std::int64_t>> room(queue::QueueId messages, std::int64_t limit, std::int64_t wanted);
  void add(const queue::QueueId& messages, std::int64_t count);

 private:
  struct Known {
    std::int64_t count = 0;
    std::int64_t counted_ms = 0;  // 0: never
  };
  queue::Queue& queue_;
  const Clock& clock_;
  iam::LruCache<std::shared_ptr<Known>> known_{kQueues};
};

}  // namespace kiln::sqs
