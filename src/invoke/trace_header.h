// SPDX-License-Identifier: Apache-2.0
#pragma once
// X-Amzn-Trace-Id: "Root=1-5e1b4151-5ac6c58d3b1c5b6e7f8a9b0c;Parent=53995c3f42cd8ad8;Sampled=1".
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader

#include "base/random.h"
#include "base/time.h"

#include <string>
#include <string_view>

namespace kiln::invoke {

// The value of `name` in a header; empty when it is not there.
std::string_view trace_field(std::string_view header, std::string_view name);

// What an invocation gets for the caller's header. One that brought none gets a root of its own,
// sampled when the function traces actively. Active tracing also completes what a caller left open
// (Parent, Sampled); otherwise the header passes as it is.
std::string invocation_trace(std::string_view header, bool active, Timestamp now, Random& random);

// Of a call that brought none, before its function is known: not sampled.
inline std::string new_trace_header(Timestamp now, Random& random) {
  return invocation_trace("", false, now, random);
}

}  // namespace kiln::invoke
