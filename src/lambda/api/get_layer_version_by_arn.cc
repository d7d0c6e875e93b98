// SPDX-License-Identifier: Apache-2.0
// GetLayerVersionByArn: GetLayerVersion for a version named by its ARN.

#include "gen/lambda/get_layer_version_by_arn.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/layer_operations.h"
#include "lambda/api/layers.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetLayerVersionByArn;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:GetLayerVersion", input.arn.value_or("")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto ref = parse_layer_version_arn(*input.arn);
  if (!ref || ref->key.region != context.region) {
    co_return aws::fail(
        gen::lambda::resource_not_found_exception("The resource you requested does not exist."));
  }
  const std::int64_t version = ref->version;
  if (auto good = check_layer_version_number(version); !good) co_return aws::fail(good.error());
  auto find = find_layer_version(service, std::move(ref->key), version);
  const auto found = co_await std::move(find);
  if (!found) co_return aws::fail(found.error());
  if (!*found) {
    co_return aws::fail(
        gen::lambda::resource_not_found_exception("The resource you requested does not exist."));
  }
  co_return to_layer_output<Model::Output>(service, context, **found);
}

}  // namespace

const aws::Operation<Model, Service> kGetLayerVersionByArn{authorize, handle};

}  // namespace kiln::lambda
