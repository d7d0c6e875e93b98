// SPDX-License-Identifier: Apache-2.0
#pragma once
// Steps that the operations on provisioned concurrency share.

#include "lambda/api/common.h"
#include "lambda/model/provisioned.h"
#include "lambda/provisioned.h"
#include "lambda/store/part_repository.h"

#include <algorithm>
#include <string>

namespace kiln::lambda {

// The version or alias is there. Inner error: ResourceNotFoundException.
Task<Result<aws::ApiResult<void>>> find_provisionable(FunctionTransaction& transaction,
                                                      FunctionRef ref);

// How many of `count` environments for `ref` (a version or an alias) are started.
Task<Result<ProvisionedState>> provisioned_state(Service& service, FunctionRef ref,
                                                 std::int32_t count);

template <class Output>
void describe_provisioned(const ProvisionedConfig& config, const ProvisionedState& state,
                          Output& out) {
  const std::int32_t allocated = std::min(state.allocated, config.count);
  out.requested_provisioned_concurrent_executions = config.count;
  out.allocated_provisioned_concurrent_executions = allocated;
  out.available_provisioned_concurrent_executions = allocated;
  out.status = state.failed ? "FAILED" : allocated == config.count ? "READY" : "IN_PROGRESS";
  if (state.failed) out.status_reason = state.reason;
  out.last_modified = format_lambda_time(config.modified);
}

}  // namespace kiln::lambda
