// SPDX-License-Identifier: Apache-2.0
#pragma once
// X-Amzn-Trace-Id for a call that brought none.

#include "base/random.h"
#include "base/time.h"

#include <string>

namespace kiln::invoke {

// What tracing adds: a root of its own, not sampled. "Root=1-...;Parent=...;Sampled=0"
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-traceids
std::string new_trace_header(Timestamp now, Random& random);

}  // namespace kiln::invoke
