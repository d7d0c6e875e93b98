// SPDX-License-Identifier: Apache-2.0
// PutFunctionCodeSigningConfig: what the function's next packages are held to.

#include "gen/lambda/put_function_code_signing_config.h"

#include "aws/operation.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/code_signing_operations.h"
#include "lambda/api/common.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::PutFunctionCodeSigningConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  auto out = authorize_function(context, "PutFunctionCodeSigningConfig", input.function_name);
  out.condition_keys()["lambda:CodeSigningConfigArn"] = {
      input.code_signing_config_arn.value_or("")};
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());

  auto update = service.repository.update(
      ref->key, function_not_found(*ref), [&input](FunctionRecord& record) {
        record.code_signing_config = *input.code_signing_config_arn;
        return aws::ApiResult<void>();
      });
  if (auto updated = co_await std::move(update); !updated) {
    co_return aws::fail(std::move(updated.error()));
  }
  Model::Output output;
  output.code_signing_config_arn = std::move(input.code_signing_config_arn);
  output.function_name = ref->key.name;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kPutFunctionCodeSigningConfig{authorize, handle};

}  // namespace kiln::lambda
