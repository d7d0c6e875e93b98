// SPDX-License-Identifier: Apache-2.0
// UpdateFunctionUrlConfig: what is not sent stays; Cors is replaced as a whole. The address stays.

#include "gen/lambda/update_function_url_config.h"

#include "aws/operation.h"
#include "lambda/api/operations.h"
#include "lambda/api/urls.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::UpdateFunctionUrlConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_url(context, "UpdateFunctionUrlConfig", input.function_name,
                       input.qualifier.value_or(""), input.auth_type.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_url_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  const Timestamp now = service.clock.wall();
  auto update = service.urls.update(ref->key, ref->qualifier, [&input, now](FunctionUrl& url) {
    if (input.auth_type) url.iam_auth = *input.auth_type == "AWS_IAM";
    if (input.invoke_mode) url.invoke_mode = *input.invoke_mode;
    if (input.cors) url.cors = from_wire(*input.cors);
    url.modified = now;
  });
  const auto url = co_await std::move(update);
  if (!url) co_return aws::fail(url.error());
  service.url_directory.clear();
  Model::Output output;
  describe_url(service, context, *url, output);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kUpdateFunctionUrlConfig{authorize, handle};

}  // namespace kiln::lambda
