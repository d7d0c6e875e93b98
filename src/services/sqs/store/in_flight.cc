// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/store/in_flight.h"

#include <algorithm>

namespace kiln::sqs {

Task<Result<std::int64_t>> InFlight::room(queue::QueueId messages, std::int64_t limit,
                                          std::int64_t wanted) {
  std::shared_ptr<Known> known;
  if (const auto* found = known_.find(messages)) {
    known = *found;
  } else {
    known = std::make_shared<Known>();
    known_.put(messages, known);
  }
  const std::int64_t now = clock_.wall().ms;
  const bool full = known->count + wanted > limit;
  if (now - known->counted_ms >= (full ? kRecountFullMs : kRecountMs)) {
    known->counted_ms = now;
    auto counting = queue_.count_leased(std::move(messages), limit);
    KILN_CO_TRY(known->count, co_await counting);
  }
  co_return std::clamp<std::int64_t>(limit - known->count, 0, wanted);
}

void InFlight::add(const queue::QueueId& messages, std::int64_t count) {
  if (const auto* found = known_.find(messages)) {
    (*found)->count = std::max<std::int64_t>(0, (*found)->count + count);
  }
}

}  // namespace kiln::sqs
