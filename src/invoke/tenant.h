// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tenant isolation: a function that has it is invoked for a tenant, any other for none.
// https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html

#include "aws/api_error.h"
#include "lambda/model/function.h"

#include <string_view>

namespace kiln::invoke {

// InvalidParameterValueException when `tenant_id` is missing, or is one too many.
aws::ApiResult<void> check_tenant(const lambda::FunctionVersion& function,
                                  std::string_view tenant_id);

}  // namespace kiln::invoke
