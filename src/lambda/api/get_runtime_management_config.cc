// SPDX-License-Identifier: Apache-2.0
// GetRuntimeManagementConfig: when the function gets another version of its runtime.

#include "gen/lambda/get_runtime_management_config.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetRuntimeManagementConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetRuntimeManagementConfig", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_function_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  auto find = find_version(service, *ref);
  const auto found = co_await std::move(find);
  if (!found) co_return aws::fail(found.error());
  const FunctionVersion& f = found->version;
  Model::Output output;
  output.update_runtime_on = f.update_runtime_on;
  output.function_arn = f.qualified_arn();
  if (!f.pinned_runtime_arn.empty()) output.runtime_version_arn = f.pinned_runtime_arn;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetRuntimeManagementConfig{authorize, handle};

}  // namespace kiln::lambda
