// SPDX-License-Identifier: Apache-2.0
// RemoveLayerVersionPermission: takes one statement back.

#include "gen/lambda/remove_layer_version_permission.h"

#include "aws/operation.h"
#include "lambda/api/layer_operations.h"
#include "lambda/api/layers.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::RemoveLayerVersionPermission;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:RemoveLayerVersionPermission",
          layer_resource(context, input.layer_name.value_or(""), input.version_number)};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_own_layer(context, *input.layer_name);
  if (!key) co_return aws::fail(std::move(key.error()));
  const std::int64_t version = *input.version_number;
  if (auto good = check_layer_version_number(version); !good) co_return aws::fail(good.error());

  const std::string revision = service.random.uuid();
  auto update = service.layers.update(
      std::move(*key), version, [&](LayerVersion& layer) -> aws::ApiResult<void> {
        KILN_TRY_VOID(remove_statement(layer, *input.statement_id, input.revision_id));
        layer.policy_revision = revision;
        return {};
      });
  if (auto updated = co_await std::move(update); !updated) {
    co_return aws::fail(std::move(updated.error()));
  }
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kRemoveLayerVersionPermission{authorize, handle};

}  // namespace kiln::lambda
