// SPDX-License-Identifier: Apache-2.0
// AddLayerVersionPermission: lets another account, or all, use a version.

#include "gen/lambda/add_layer_version_permission.h"

#include "aws/operation.h"
#include "lambda/api/layer_operations.h"
#include "lambda/api/layers.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::AddLayerVersionPermission;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:AddLayerVersionPermission",
          layer_resource(context, input.layer_name.value_or(""), input.version_number)};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_own_layer(context, *input.layer_name);
  if (!key) co_return aws::fail(std::move(key.error()));
  const std::int64_t version = *input.version_number;
  if (auto good = check_layer_version_number(version); !good) co_return aws::fail(good.error());

  const LayerStatement statement{.id = *input.statement_id,
                                 .principal = *input.principal,
                                 .organization = input.organization_id.value_or("")};
  const std::string revision = service.random.uuid();
  auto update = service.layers.update(
      std::move(*key), version, [&](LayerVersion& layer) -> aws::ApiResult<void> {
        KILN_TRY_VOID(add_statement(layer, statement, input.revision_id));
        layer.policy_revision = revision;
        return {};
      });
  const auto updated = co_await std::move(update);
  if (!updated) co_return aws::fail(updated.error());
  Model::Output output;
  output.statement = to_json(*updated, statement);
  output.revision_id = revision;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kAddLayerVersionPermission{authorize, handle};

}  // namespace kiln::lambda
