// SPDX-License-Identifier: Apache-2.0
// PutFunctionConcurrency: reserves concurrency for a function; 0 switches it off.

#include "gen/lambda/put_function_concurrency.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"
#include "lambda/model/provisioned.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::PutFunctionConcurrency;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "PutFunctionConcurrency", input.function_name);
}

aws::ApiResult<void> reserve(FunctionRecord& record, std::int32_t reserved) {
  if (const auto provisioned = total_provisioned(record); reserved < provisioned) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "ReservedConcurrentExecutions  " + std::to_string(reserved) +
        " should not be lower than function's total provisioned concurrency [" +
        std::to_string(provisioned) + "]."));
  }
  record.reserved_concurrency = reserved;
  return {};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  const std::int32_t reserved = *input.reserved_concurrent_executions;
  auto update = service.repository.update(
      ref->key, function_not_found(*ref),
      [reserved](FunctionRecord& record) { return reserve(record, reserved); });
  if (auto updated = co_await std::move(update); !updated) {
    co_return aws::fail(std::move(updated.error()));
  }
  Model::Output output;
  output.reserved_concurrent_executions = reserved;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kPutFunctionConcurrency{authorize, handle};

}  // namespace kiln::lambda
