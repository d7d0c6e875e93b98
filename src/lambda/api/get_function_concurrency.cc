// SPDX-License-Identifier: Apache-2.0
// GetFunctionConcurrency: the reservation of a function; an empty answer when it has none.

#include "gen/lambda/get_function_concurrency.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetFunctionConcurrency;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetFunctionConcurrency", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  auto find = find_function(service, *ref);
  auto record = co_await std::move(find);
  if (!record) co_return aws::fail(std::move(record.error()));
  Model::Output output;
  output.reserved_concurrent_executions = record->reserved_concurrency;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetFunctionConcurrency{authorize, handle};

}  // namespace kiln::lambda
