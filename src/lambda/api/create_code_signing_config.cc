// SPDX-License-Identifier: Apache-2.0
// CreateCodeSigningConfig: whose signatures packages need, and what becomes of one without.

#include "gen/lambda/create_code_signing_config.h"

#include "aws/operation.h"
#include "base/encoding.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/code_signing_operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::CreateCodeSigningConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:CreateCodeSigningConfig", "*"};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  CodeSigning config;
  config.key = {.account = context.account,
                .region = context.region,
                .id = "csc-" + hex_encode(service.random.bytes(9)).substr(0, 17)};
  config.description = input.description.value_or("");
  config.publishers = *input.allowed_publishers->signing_profile_version_arns;
  const auto& policies = input.code_signing_policies;
  config.enforce = policies && policies->untrusted_artifact_on_deployment == "Enforce";
  config.modified = context.now;
  config.tags = std::move(input.tags).value_or(Tags());
  if (auto good = check_tags(config.tags); !good) co_return aws::fail(std::move(good.error()));
  Model::Output output;
  output.code_signing_config = to_wire(config);
  auto create = service.code_signing.create(std::move(config));
  if (auto created = co_await std::move(create); !created) {
    co_return aws::fail(aws::internal_failure("lambda", created.error(), "ServiceException"));
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kCreateCodeSigningConfig{authorize, handle};

}  // namespace kiln::lambda
