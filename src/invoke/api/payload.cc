// SPDX-License-Identifier: Apache-2.0
#include "invoke/api/payload.h"

#include "gen/lambda/errors.h"
#include "invoke/json_check.h"

namespace kiln::invoke {

aws::ApiResult<void> check_json(const std::string& payload) {
  if (payload.empty()) return {};
  if (const auto fault = find_json_fault(payload))
    return aws::fail(gen::lambda::invalid_request_content_exception(
        "Could not parse request body into json: Could not parse payload into json: " + *fault));
  return {};
}

// The code is not in the service model; it is what Lambda answers.
aws::ApiResult<void> check_event_size(std::size_t bytes, std::size_t limit) {
  if (bytes <= limit) return {};
  return aws::fail(aws::ApiError{
      "RequestEntityTooLargeException", 413,
      std::to_string(bytes) + " byte payload is too large for the Event invocation type (limit " +
          std::to_string(limit) + " bytes)"});
}

}  // namespace kiln::invoke
