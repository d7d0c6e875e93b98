// SPDX-License-Identifier: Apache-2.0
// DeleteFunctionUrlConfig: the address is gone for good; a new URL gets another one.

#include "gen/lambda/delete_function_url_config.h"

#include "aws/operation.h"
#include "lambda/api/operations.h"
#include "lambda/api/urls.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::DeleteFunctionUrlConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_url(context, "DeleteFunctionUrlConfig", input.function_name,
                       input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_url_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  auto remove = service.urls.remove(ref->key, ref->qualifier);
  if (auto removed = co_await std::move(remove); !removed)
    co_return aws::fail(std::move(removed.error()));
  service.url_directory.clear();
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kDeleteFunctionUrlConfig{authorize, handle};

}  // namespace kiln::lambda
