// SPDX-License-Identifier: Apache-2.0
// CreateFunctionUrlConfig: an HTTP endpoint for a function or an alias, under an id of its own.

#include "gen/lambda/create_function_url_config.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"
#include "lambda/api/urls.h"
#include "lambda/model/decisions.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::CreateFunctionUrlConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_url(context, "CreateFunctionUrlConfig", input.function_name,
                       input.qualifier.value_or(""), input.auth_type.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_url_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  auto checking = check_url_function(service, *ref);
  if (auto good = co_await std::move(checking); !good) co_return aws::fail(std::move(good.error()));
  auto finding = find_function(service, *ref);
  const auto function = co_await std::move(finding);
  if (!function) co_return aws::fail(function.error());
  if (auto good = check_no_tenants(function->latest, "Function URLs"); !good)
    co_return aws::fail(std::move(good.error()));
  FunctionUrl url;
  url.function = ref->key;
  url.qualifier = ref->qualifier;
  url.id = service.random.text(kUrlIdLength, "abcdefghijklmnopqrstuvwxyz234567");
  url.iam_auth = *input.auth_type == "AWS_IAM";
  url.invoke_mode = input.invoke_mode.value_or("");
  if (input.cors) url.cors = from_wire(*input.cors);
  url.created = url.modified = service.clock.wall();
  auto create = service.urls.create(url, url_function_missing());
  if (auto created = co_await std::move(create); !created)
    co_return aws::fail(std::move(created.error()));
  service.url_directory.clear();
  Model::Output output;
  describe_url(service, context, url, output);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kCreateFunctionUrlConfig{authorize, handle};

}  // namespace kiln::lambda
