// SPDX-License-Identifier: Apache-2.0
// PutRuntimeManagementConfig: when the function gets another version of its runtime. The server has
// one version of each, so Manual can pin no other.

#include "gen/lambda/put_runtime_management_config.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::PutRuntimeManagementConfig;

aws::ApiResult<void> check(const FunctionVersion& function, const Model::Input& input) {
  const bool manual = *input.update_runtime_on == "Manual";
  const std::string arn = input.runtime_version_arn.value_or("");
  if (manual && arn.empty()) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "RuntimeVersionArn is required when UpdateRuntimeOn is Manual."));
  }
  if (!manual && !arn.empty()) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "RuntimeVersionArn is only allowed when UpdateRuntimeOn is Manual."));
  }
  if (!manual || arn == runtime_version_arn(function.region, function.runtime)) return {};
  return aws::fail(gen::lambda::invalid_parameter_value_exception(
      "The runtime version " + arn + " is not there for the runtime " + function.runtime + "."));
}

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "PutRuntimeManagementConfig", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_latest_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  const std::string revision = service.random.uuid();
  auto update = service.repository.update(
      ref->key, function_not_found(*ref), [&](FunctionRecord& record) -> aws::ApiResult<void> {
        KILN_TRY_VOID(check(record.latest, input));
        record.latest.update_runtime_on = *input.update_runtime_on;
        record.latest.pinned_runtime_arn = input.runtime_version_arn.value_or("");
        record.latest.revise(revision);
        return {};
      });
  const auto updated = co_await std::move(update);
  if (!updated) co_return aws::fail(updated.error());
  Model::Output output;
  output.update_runtime_on = updated->latest.update_runtime_on;
  output.function_arn = updated->latest.qualified_arn();
  output.runtime_version_arn = std::move(input.runtime_version_arn);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kPutRuntimeManagementConfig{authorize, handle};

}  // namespace kiln::lambda
