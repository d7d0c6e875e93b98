// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an asynchronous invocation leaves behind: the invocation record for its destination and the
// event for the dead letters, as outbox entries. Pure functions.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html

#include "invoke/async_event.h"
#include "invoke/async_policy.h"
#include "lambda/model/function.h"
#include "queue/outbox.h"

#include <string>
#include <vector>

namespace kiln::invoke {

struct AsyncOutcome {
  AsyncEvent event;
  AsyncProgress progress;
  AsyncSettings settings;
  AsyncVerdict verdict = AsyncVerdict::kSucceeded;
  lambda::FunctionVersionPtr function;  // null: it is gone
  std::string response;                 // the last attempt's payload; empty: it did not run
  std::string trace_header;             // for what the outcome starts
};

// One or two entries, or none. `id` names an object of a bucket.
std::vector<queue::OutboxEntry> entries_of(const AsyncOutcome& outcome, Timestamp now,
                                           const std::string& id);
// The record; payloads are left out when it would be larger than `limit`.
std::string invocation_record(const AsyncOutcome& outcome, Timestamp now, std::size_t limit);

}  // namespace kiln::invoke
