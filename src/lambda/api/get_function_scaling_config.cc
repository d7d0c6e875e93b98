// SPDX-License-Identifier: Apache-2.0
// GetFunctionScalingConfig: what was asked for, and how far it is. The most applies at once, of the
// least as many as are started.

#include "gen/lambda/get_function_scaling_config.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/provisioned.h"
#include "lambda/api/version_operations.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetFunctionScalingConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetFunctionScalingConfig", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto unqualified = parse_unqualified_ref(context, *input.function_name);
  if (!unqualified) co_return aws::fail(std::move(unqualified.error()));
  FunctionRef ref = *unqualified;
  ref.qualifier = *input.qualifier;
  if (!is_version_number(ref.qualifier)) co_return aws::fail(function_not_found(ref));
  auto finding = find_version(service, ref);
  auto found = co_await std::move(finding);
  if (!found) co_return aws::fail(std::move(found.error()));
  Model::Output output;
  output.function_arn = ref.arn();
  const auto config = found->function.scaling.find(ref.qualifier);
  if (config == found->function.scaling.end()) co_return output;
  auto& requested = output.requested_function_scaling_config.emplace();
  requested.min_execution_environments = config->second.min;
  requested.max_execution_environments = config->second.max;
  auto& applied = output.applied_function_scaling_config.emplace(requested);
  if (config->second.min) {
    auto asking = provisioned_state(service, ref, *config->second.min);
    KILN_API_TRY(const ProvisionedState state, "lambda", co_await std::move(asking));
    applied.min_execution_environments = state.allocated;
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetFunctionScalingConfig{authorize, handle};

}  // namespace kiln::lambda
