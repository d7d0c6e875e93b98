// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the invocation operations ask of a payload.

#include "aws/api_error.h"

#include <string>

namespace kiln::invoke {

// InvalidRequestContentException unless it is JSON or empty.
aws::ApiResult<void> check_json(const std::string& payload);
// For asynchronous invocations, which take less: 413 with AWS's text.
aws::ApiResult<void> check_event_size(std::size_t bytes, std::size_t limit);

}  // namespace kiln::invoke
