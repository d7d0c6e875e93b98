// SPDX-License-Identifier: Apache-2.0
// PutFunctionScalingConfig: how many environments of a published version there are at least, kept
// started, and at most. On AWS for functions of a capacity provider; here this host is everybody's.
// Without a configuration in it, the request takes the version's away.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-scaling.html

#include "gen/lambda/put_function_scaling_config.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/provisioned.h"
#include "lambda/api/version_operations.h"
#include "lambda/model/decisions.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::PutFunctionScalingConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "PutFunctionScalingConfig", input.function_name,
                            input.qualifier.value_or(""));
}

Task<Result<aws::ApiResult<void>>> apply(FunctionTransaction& transaction, FunctionRef ref,
                                         ScalingConfig config) {
  // $LATEST.PUBLISHED as well: nothing here publishes to it.
  if (!is_version_number(ref.qualifier)) {
    co_return aws::ApiResult<void>(aws::fail(function_not_found(ref)));
  }
  auto finding = find_provisionable(transaction, ref);
  KILN_CO_TRY(auto found, co_await std::move(finding));
  if (!found) co_return std::move(found);
  FunctionRecord& record = transaction.record();
  auto good = check_no_tenants(record.latest, "Function scaling configurations");
  if (!good) co_return good;
  if (!record.provisioned.empty()) {
    co_return aws::ApiResult<void>(aws::fail(gen::lambda::invalid_parameter_value_exception(
        "Function scaling configurations cannot be applied to a function with Provisioned "
        "Concurrency Configs.")));
  }
  record.scaling.erase(ref.qualifier);
  if (config.min || config.max) record.scaling[ref.qualifier] = config;
  co_return check_provisioned(record);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto unqualified = parse_unqualified_ref(context, *input.function_name);
  if (!unqualified) co_return aws::fail(std::move(unqualified.error()));
  FunctionRef ref = *unqualified;
  ref.qualifier = *input.qualifier;
  ScalingConfig config;
  if (input.function_scaling_config) {
    config = {.min = input.function_scaling_config->min_execution_environments,
              .max = input.function_scaling_config->max_execution_environments};
  }
  if (config.max && config.min.value_or(0) > *config.max) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "MinExecutionEnvironments must be less than or equal to MaxExecutionEnvironments."));
  }
  auto changing = service.repository.change(
      ref.key, function_not_found(ref),
      [&ref, config](FunctionTransaction& transaction) { return apply(transaction, ref, config); });
  if (auto changed = co_await std::move(changing); !changed) {
    co_return aws::fail(std::move(changed.error()));
  }
  Model::Output output;
  output.function_state = "Active";
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kPutFunctionScalingConfig{authorize, handle};

}  // namespace kiln::lambda
