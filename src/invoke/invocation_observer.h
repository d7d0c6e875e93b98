// SPDX-License-Identifier: Apache-2.0
#pragma once
// InvocationObserver is told of every invocation: metering implements it, the composition root
// connects the two. Called on the invoke path: it only counts, never waits, never fails.

#include "base/time.h"
#include "invoke/platform_log.h"
#include "lambda/model/function.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kiln::invoke {

// What runs now, the invocation that is told of included.
struct RunningSeen {
  std::int64_t of_function = 0;
  std::int64_t of_account = 0;
  // Of what the account's functions share; -1: this one takes nothing from it.
  std::int64_t of_unreserved = -1;
};

// How a version's provisioned concurrency was used when the invocation began.
struct ProvisionedSeen {
  int busy = 0;          // environments of it, this invocation's included
  int allocated = 0;     // started, busy or idle; 0 and not spilled: the version has none
  bool spilled = false;  // all were busy, so another environment ran it
};

struct InvocationSeen {
  const lambda::FunctionVersion& function;  // the version that ran
  std::string_view invoked_arn;             // as the caller addressed it: may name an alias
  Timestamp began;
  std::int64_t duration_ns = 0;
  std::int64_t init_ns = -1;  // of a cold start; -1: none
  std::int64_t billed_ms = 0;
  Completion completion = Completion::kSuccess;
  bool on_provisioned = false;  // ran in an environment of provisioned concurrency
  ProvisionedSeen provisioned;
};

class InvocationObserver {
 public:
  virtual ~InvocationObserver() = default;
  // It got its place.
  virtual void began(const lambda::FunctionVersion& /*function*/, const RunningSeen& /*running*/) {}
  virtual void ended(const InvocationSeen& /*seen*/) {}
  virtual void throttled(const lambda::FunctionVersion& /*function*/,
                         std::string_view /*invoked_arn*/) {}
  // Not run: the function calls itself without end.
  virtual void recursion_stopped(const lambda::FunctionVersion& /*function*/,
                                 std::string_view /*invoked_arn*/) {}
  // Environments of provisioned concurrency have been there for so long, in sum.
  virtual void kept(const lambda::FunctionVersion& /*function*/, std::int64_t /*environment_ms*/) {}
};

}  // namespace kiln::invoke
