// SPDX-License-Identifier: Apache-2.0
// DeleteLayerVersion: nobody can choose the version any more; functions that have it keep it.

#include "gen/lambda/delete_layer_version.h"

#include "aws/operation.h"
#include "lambda/api/layer_operations.h"
#include "lambda/api/layers.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::DeleteLayerVersion;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:DeleteLayerVersion",
          layer_resource(context, input.layer_name.value_or(""), input.version_number)};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_own_layer(context, *input.layer_name);
  if (!key) co_return aws::fail(std::move(key.error()));
  const std::int64_t version = *input.version_number;
  if (auto good = check_layer_version_number(version); !good) co_return aws::fail(good.error());

  auto remove = service.layers.remove(std::move(*key), version);
  if (auto ok = co_await std::move(remove); !ok) co_return aws::fail(std::move(ok.error()));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kDeleteLayerVersion{authorize, handle};

}  // namespace kiln::lambda
