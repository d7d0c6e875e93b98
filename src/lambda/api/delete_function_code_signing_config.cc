// SPDX-License-Identifier: Apache-2.0
// DeleteFunctionCodeSigningConfig: the function's packages are held to nothing.

#include "gen/lambda/delete_function_code_signing_config.h"

#include "aws/operation.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/code_signing_operations.h"
#include "lambda/api/common.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::DeleteFunctionCodeSigningConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "DeleteFunctionCodeSigningConfig", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());

  auto update =
      service.repository.update(ref->key, function_not_found(*ref), [](FunctionRecord& record) {
        record.code_signing_config.clear();
        return aws::ApiResult<void>();
      });
  if (auto updated = co_await std::move(update); !updated) {
    co_return aws::fail(std::move(updated.error()));
  }
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kDeleteFunctionCodeSigningConfig{authorize, handle};

}  // namespace kiln::lambda
