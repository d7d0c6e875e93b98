// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the ways to invoke a function check alike. Pure; the errors are AWS's.

#include "aws/api_error.h"
#include "invoke/tenant.h"
#include "lambda/model/function.h"

#include <optional>
#include <string>

namespace kiln::invoke {

// The JSON in X-Amz-Client-Context, or empty when there is none.
aws::ApiResult<std::string> decode_client_context(const std::optional<std::string>& header);
// Neither being created nor failed.
aws::ApiResult<void> check_invocable(const lambda::FunctionVersion& function);
// Of a synchronous invocation: JSON, 6 MB.
aws::ApiResult<void> check_payload(const std::string& payload);

}  // namespace kiln::invoke
