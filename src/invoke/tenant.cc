// SPDX-License-Identifier: Apache-2.0
#include "invoke/tenant.h"

#include "gen/lambda/errors.h"

namespace kiln::invoke {

aws::ApiResult<void> check_tenant(const lambda::FunctionVersion& function,
                                  std::string_view tenant_id) {
  if (function.tenant_isolation == !tenant_id.empty()) return {};
  return aws::fail(gen::lambda::invalid_parameter_value_exception(
      function.tenant_isolation
          ? "The invoked function is enabled with tenant isolation. Add a valid tenant ID in your "
            "request and try again."
          : "The invoked function is not enabled with tenant isolation. Remove the tenant ID from "
            "your request and try again."));
}

}  // namespace kiln::invoke
