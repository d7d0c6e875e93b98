// SPDX-License-Identifier: Apache-2.0
// GetCodeSigningConfig: one configuration.

#include "gen/lambda/get_code_signing_config.h"

#include "aws/operation.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/code_signing_operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetCodeSigningConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:GetCodeSigningConfig", input.code_signing_config_arn.value_or("")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_own_code_signing(context, *input.code_signing_config_arn);
  if (!key) co_return aws::fail(std::move(key.error()));

  auto find = service.code_signing.find(*key);
  KILN_API_TRY(const auto config, "lambda", co_await std::move(find));
  if (!config) co_return aws::fail(code_signing_not_found(key->arn()));
  Model::Output output;
  output.code_signing_config = to_wire(*config);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetCodeSigningConfig{authorize, handle};

}  // namespace kiln::lambda
