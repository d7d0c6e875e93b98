// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/layers.h"

#include <utility>

namespace kiln::lambda {

Task<aws::ApiResult<std::optional<LayerVersion>>> find_layer_version(Service& service, LayerKey key,
                                                                     std::int64_t version) {
  auto find = service.layers.find(std::move(key), version);
  auto found = co_await std::move(find);
  if (!found) {
    co_return aws::fail(aws::internal_failure("lambda", found.error(), "ServiceException"));
  }
  co_return std::move(*found);
}

Task<aws::ApiResult<std::vector<Layer>>> resolve_layers(Service& service,
                                                        aws::RequestContext context,
                                                        std::vector<std::string> arns) {
  if (auto good = check_layer_list(context, arns); !good) co_return aws::fail(good.error());
  std::vector<Layer> out;
  for (std::string& arn : arns) {
    auto ref = *parse_layer_version_arn(arn);
    auto find = find_layer_version(service, std::move(ref.key), ref.version);
    auto found = co_await std::move(find);
    if (!found) co_return aws::fail(std::move(found.error()));
    if (!*found) {
      co_return aws::fail(gen::lambda::invalid_parameter_value_exception("Layer version " + arn +
                                                                         " does not exist."));
    }
    out.push_back({.arn = std::move(arn), .code = std::move((*found)->code)});
  }
  co_return out;
}

void ask_layers(const std::optional<std::vector<std::string>>& layers,
                aws::Authorization& authorization) {
  if (!layers || layers->empty()) return;
  authorization.condition_keys()["lambda:Layer"] = *layers;
  for (const std::string& arn : *layers) {
    if (parse_layer_version_arn(arn)) authorization.also({"lambda:GetLayerVersion", arn, {}});
  }
}

}  // namespace kiln::lambda
