// SPDX-License-Identifier: Apache-2.0
// GetFunctionRecursionConfig: whether a recursive loop of the function is stopped.

#include "gen/lambda/get_function_recursion_config.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetFunctionRecursionConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetFunctionRecursionConfig", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  auto find = find_function(service, *ref);
  const auto record = co_await std::move(find);
  if (!record) co_return aws::fail(record.error());
  Model::Output output;
  output.recursive_loop = record->allows_recursion ? "Allow" : "Terminate";
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetFunctionRecursionConfig{authorize, handle};

}  // namespace kiln::lambda
