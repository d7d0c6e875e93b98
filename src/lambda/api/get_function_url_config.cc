// SPDX-License-Identifier: Apache-2.0
// GetFunctionUrlConfig

#include "gen/lambda/get_function_url_config.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/operations.h"
#include "lambda/api/urls.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetFunctionUrlConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_url(context, "GetFunctionUrlConfig", input.function_name,
                       input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_url_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  auto find = service.urls.find(ref->key, ref->qualifier);
  KILN_API_TRY(const auto url, "lambda", co_await std::move(find));
  if (!url) {
    co_return aws::fail(
        gen::lambda::resource_not_found_exception("The resource you requested does not exist."));
  }
  Model::Output output;
  describe_url(service, context, *url, output);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetFunctionUrlConfig{authorize, handle};

}  // namespace kiln::lambda
