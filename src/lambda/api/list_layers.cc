// SPDX-License-Identifier: Apache-2.0
// ListLayers: each layer with its newest version that fits, by name.

#include "gen/lambda/list_layers.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/layer_operations.h"
#include "lambda/api/layers.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

constexpr std::size_t kLayerPage = 50;

using Model = gen::lambda::ListLayers;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:ListLayers", "*"};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto after = read_marker(input.marker);
  if (!after) co_return aws::fail(std::move(after.error()));
  const auto limit = std::min<std::size_t>(input.max_items.value_or(kLayerPage), kLayerPage);
  LayerFilter filter{.runtime = input.compatible_runtime.value_or(""),
                     .architecture = input.compatible_architecture.value_or("")};

  auto list = service.layers.list(context.account, context.region, std::move(filter),
                                  std::move(*after), limit);
  KILN_API_TRY(const LayerPage page, "lambda", co_await std::move(list));
  Model::Output output;
  auto& layers = output.layers.emplace();
  for (const auto& layer : page.versions) {
    auto& item = layers.emplace_back();
    item.layer_name = layer.key.name;
    item.layer_arn = layer.key.arn();
    describe(item.latest_matching_version.emplace(), layer);
  }
  if (!page.next.empty()) output.next_marker = base64_encode(page.next);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListLayers{authorize, handle};

}  // namespace kiln::lambda
