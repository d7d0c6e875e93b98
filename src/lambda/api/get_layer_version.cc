// SPDX-License-Identifier: Apache-2.0
// GetLayerVersion: one version, with a link to its package that works for ten minutes.

#include "gen/lambda/get_layer_version.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/layer_operations.h"
#include "lambda/api/layers.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetLayerVersion;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:GetLayerVersion",
          layer_resource(context, input.layer_name.value_or(""), input.version_number)};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_layer(context, *input.layer_name);
  if (!key) co_return aws::fail(std::move(key.error()));
  const std::int64_t version = *input.version_number;
  if (auto good = check_layer_version_number(version); !good) co_return aws::fail(good.error());
  auto find = find_layer_version(service, std::move(*key), version);
  const auto found = co_await std::move(find);
  if (!found) co_return aws::fail(found.error());
  if (!*found) {
    co_return aws::fail(
        gen::lambda::resource_not_found_exception("The resource you requested does not exist."));
  }
  co_return to_layer_output<Model::Output>(service, context, **found);
}

}  // namespace

const aws::Operation<Model, Service> kGetLayerVersion{authorize, handle};

}  // namespace kiln::lambda
