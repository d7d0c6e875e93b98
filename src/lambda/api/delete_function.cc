// SPDX-License-Identifier: Apache-2.0
// DeleteFunction: the function with all that belongs to it.

#include "gen/lambda/delete_function.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::DeleteFunction;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "DeleteFunction", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_function_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  if (ref->qualifier == kLatest) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "$LATEST version cannot be deleted without deleting the function."));
  }
  if (!ref->qualifier.empty()) co_return aws::fail(function_not_found(*ref));
  auto remove = service.repository.remove(ref->key, function_not_found(*ref));
  if (auto ok = co_await std::move(remove); !ok) co_return aws::fail(std::move(ok.error()));
  Model::Output output;
  output.status_code = 204;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kDeleteFunction{authorize, handle};

}  // namespace kiln::lambda
