// SPDX-License-Identifier: Apache-2.0
// ListLayerVersions: the versions of a layer that fit, the newest first.

#include "gen/lambda/list_layer_versions.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/layer_operations.h"
#include "lambda/api/layers.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

constexpr std::size_t kLayerPage = 50;

using Model = gen::lambda::ListLayerVersions;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:ListLayerVersions", "*"};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_own_layer(context, *input.layer_name);
  if (!key) co_return aws::fail(std::move(key.error()));
  auto after = read_marker(input.marker);
  if (!after) co_return aws::fail(std::move(after.error()));
  const auto limit = std::min<std::size_t>(input.max_items.value_or(kLayerPage), kLayerPage);
  LayerFilter filter{.runtime = input.compatible_runtime.value_or(""),
                     .architecture = input.compatible_architecture.value_or("")};

  auto list =
      service.layers.list_versions(std::move(*key), std::move(filter), std::move(*after), limit);
  KILN_API_TRY(const LayerPage page, "lambda", co_await std::move(list));
  Model::Output output;
  auto& versions = output.layer_versions.emplace();
  for (const auto& layer : page.versions) describe(versions.emplace_back(), layer);
  if (!page.next.empty()) output.next_marker = base64_encode(page.next);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListLayerVersions{authorize, handle};

}  // namespace kiln::lambda
