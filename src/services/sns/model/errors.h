// SPDX-License-Identifier: Apache-2.0
#pragma once
// Errors that several operations share, with AWS's texts.

#include "aws/api_error.h"

#include <string>
#include <string_view>

namespace kiln::sns {

inline constexpr std::string_view kRoom = "sns";

// "Invalid parameter: " and `what`.
aws::ApiError invalid_parameter(std::string_view what);
// A parameter that AWS knows and this server does not act on.
aws::ApiError not_supported(std::string_view what);
aws::ApiError no_such_topic();
aws::ApiError no_such_subscription();
aws::ApiError no_such_resource();  // of the tagging operations

}  // namespace kiln::sns
