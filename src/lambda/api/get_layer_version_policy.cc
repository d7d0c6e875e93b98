// SPDX-License-Identifier: Apache-2.0
// GetLayerVersionPolicy: who else may use a version.

#include "gen/lambda/get_layer_version_policy.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/layer_operations.h"
#include "lambda/api/layers.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetLayerVersionPolicy;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:GetLayerVersionPolicy",
          layer_resource(context, input.layer_name.value_or(""), input.version_number)};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_own_layer(context, *input.layer_name);
  if (!key) co_return aws::fail(std::move(key.error()));
  const std::int64_t version = *input.version_number;
  if (auto good = check_layer_version_number(version); !good) co_return aws::fail(good.error());

  auto find = find_layer_version(service, *key, version);
  const auto found = co_await std::move(find);
  if (!found) co_return aws::fail(found.error());
  if (!*found) co_return aws::fail(layer_version_not_found(*key, version));
  if ((*found)->statements.empty()) {
    co_return aws::fail(gen::lambda::resource_not_found_exception(
        "No policy is associated with the given resource."));
  }
  Model::Output output;
  output.policy = policy_of(**found);
  output.revision_id = (*found)->policy_revision;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetLayerVersionPolicy{authorize, handle};

}  // namespace kiln::lambda
