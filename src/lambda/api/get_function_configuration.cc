// SPDX-License-Identifier: Apache-2.0
// GetFunctionConfiguration: the settings of one version.

#include "gen/lambda/get_function_configuration.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/configuration.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetFunctionConfiguration;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetFunctionConfiguration", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_function_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  auto find = find_version(service, *ref);
  const auto found = co_await std::move(find);
  if (!found) co_return aws::fail(found.error());
  auto output = to_configuration(found->version);
  output.function_arn = ref->arn();
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetFunctionConfiguration{authorize, handle};

}  // namespace kiln::lambda
