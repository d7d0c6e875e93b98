// SPDX-License-Identifier: Apache-2.0
// PutFunctionRecursionConfig: whether a recursive loop of the function is stopped.

#include "gen/lambda/put_function_recursion_config.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::PutFunctionRecursionConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "PutFunctionRecursionConfig", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  const bool allow = *input.recursive_loop == "Allow";
  auto update = service.repository.update(ref->key, function_not_found(*ref),
                                          [allow](FunctionRecord& record) {
                                            record.allows_recursion = allow;
                                            return aws::ApiResult<void>();
                                          });
  if (auto updated = co_await std::move(update); !updated) {
    co_return aws::fail(std::move(updated.error()));
  }
  Model::Output output;
  output.recursive_loop = std::move(input.recursive_loop);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kPutFunctionRecursionConfig{authorize, handle};

}  // namespace kiln::lambda
