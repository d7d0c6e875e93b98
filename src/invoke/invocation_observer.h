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

struct InvocationSeen {
  const lambda::FunctionVersion& function;  // the version that ran
  std::string_view invoked_arn;             // as the caller addressed it: may name an alias
  Timestamp began;
  std::int64_t duration_ns = 0;
  std::int64_t init_ns = -1;  // of a cold start; -1: none
  std::int64_t billed_ms = 0;
  Completion completion = Completion::kSuccess;
  bool provisioned = false;  // ran in an environment of provisioned concurrency
};

class InvocationObserver {
 public:
  virtual ~InvocationObserver() = default;
  // It got its place: `of_function` and `of_account` run now, this one included.
  virtual void began(const lambda::FunctionVersion& /*function*/, std::int64_t /*of_function*/,
                     std::int64_t /*of_account*/) {}
  virtual void ended(const InvocationSeen& /*seen*/) {}
  virtual void throttled(const lambda::FunctionVersion& /*function*/,
                         std::string_view /*invoked_arn*/) {}
};

}  // namespace kiln::invoke
