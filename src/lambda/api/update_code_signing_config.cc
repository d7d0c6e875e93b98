// SPDX-License-Identifier: Apache-2.0
// UpdateCodeSigningConfig: other publishers or another policy; what is absent stays.

#include "gen/lambda/update_code_signing_config.h"

#include "aws/operation.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/code_signing_operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::UpdateCodeSigningConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:UpdateCodeSigningConfig", input.code_signing_config_arn.value_or("")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_own_code_signing(context, *input.code_signing_config_arn);
  if (!key) co_return aws::fail(std::move(key.error()));

  auto update = service.code_signing.update(*key, [&](CodeSigning& config) {
    if (input.description) config.description = *input.description;
    if (input.allowed_publishers) {
      config.publishers = *input.allowed_publishers->signing_profile_version_arns;
    }
    const auto& policies = input.code_signing_policies;
    if (policies && policies->untrusted_artifact_on_deployment) {
      config.enforce = *policies->untrusted_artifact_on_deployment == "Enforce";
    }
    config.modified = context.now;
    return aws::ApiResult<void>();
  });
  const auto updated = co_await std::move(update);
  if (!updated) co_return aws::fail(updated.error());
  Model::Output output;
  output.code_signing_config = to_wire(*updated);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kUpdateCodeSigningConfig{authorize, handle};

}  // namespace kiln::lambda
