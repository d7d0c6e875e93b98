// SPDX-License-Identifier: Apache-2.0
// GetFunctionCodeSigningConfig: what the function's packages are held to; without one the answer is
// empty.

#include "gen/lambda/get_function_code_signing_config.h"

#include "aws/operation.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/code_signing_operations.h"
#include "lambda/api/common.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetFunctionCodeSigningConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetFunctionCodeSigningConfig", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());

  auto find = find_function(service, *ref);
  const auto record = co_await std::move(find);
  if (!record) co_return aws::fail(record.error());
  Model::Output output;
  if (record->code_signing_config.empty()) co_return output;
  output.code_signing_config_arn = record->code_signing_config;
  output.function_name = ref->key.name;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetFunctionCodeSigningConfig{authorize, handle};

}  // namespace kiln::lambda
