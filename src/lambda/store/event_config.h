// SPDX-License-Identifier: Apache-2.0
#pragma once
// EventConfig is a FunctionEventInvokeConfig: how asynchronous events of a function, version or
// alias are retried, and where their outcome goes.

#include "async/task.h"
#include "base/result.h"
#include "base/time.h"
#include "lambda/keys.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::lambda {

struct EventConfig {
  std::string qualifier;  // "$LATEST", a version or an alias
  std::optional<std::int32_t> max_retries;
  std::optional<std::int32_t> max_age_s;
  std::string on_success;  // ARNs; empty: none
  std::string on_failure;
  Timestamp modified;
};

std::string encode(const EventConfig& config);
Result<EventConfig> decode_event_config(std::string_view bytes);

// `qualifier` as invoked: empty means $LATEST.
Task<Result<std::optional<EventConfig>>> find_event_config(store::Store& store,
                                                           FunctionKey function,
                                                           std::string qualifier);

}  // namespace kiln::lambda
