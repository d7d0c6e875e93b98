// SPDX-License-Identifier: Apache-2.0
// DeleteFunctionConcurrency: the function shares the account's concurrency again.

#include "gen/lambda/delete_function_concurrency.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::DeleteFunctionConcurrency;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "DeleteFunctionConcurrency", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  auto update =
      service.repository.update(ref->key, function_not_found(*ref), [](FunctionRecord& record) {
        record.reserved_concurrency.reset();
        return aws::ApiResult<void>();
      });
  if (auto updated = co_await std::move(update); !updated) {
    co_return aws::fail(std::move(updated.error()));
  }
  co_return Model::Output();
}

}  // namespace

const aws::Operation<Model, Service> kDeleteFunctionConcurrency{authorize, handle};

}  // namespace kiln::lambda
