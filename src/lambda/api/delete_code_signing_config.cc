// SPDX-License-Identifier: Apache-2.0
// DeleteCodeSigningConfig: one that no function has.

#include "gen/lambda/delete_code_signing_config.h"

#include "aws/operation.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/code_signing_operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::DeleteCodeSigningConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:DeleteCodeSigningConfig", input.code_signing_config_arn.value_or("")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_own_code_signing(context, *input.code_signing_config_arn);
  if (!key) co_return aws::fail(std::move(key.error()));

  auto remove = service.code_signing.remove(std::move(*key));
  if (auto removed = co_await std::move(remove); !removed) {
    co_return aws::fail(std::move(removed.error()));
  }
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kDeleteCodeSigningConfig{authorize, handle};

}  // namespace kiln::lambda
