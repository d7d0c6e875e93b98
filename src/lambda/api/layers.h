// SPDX-License-Identifier: Apache-2.0
#pragma once
// Steps that the operations on layers share.

#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "gen/lambda/types.h"
#include "lambda/model/layer.h"
#include "lambda/service.h"

#include <optional>
#include <string>
#include <vector>

namespace kiln::lambda {

// The members that all answers about a layer's version share.
template <class Output>
void describe(Output& out, const LayerVersion& layer) {
  out.layer_version_arn = layer.arn();
  out.version = layer.version;
  out.description = layer.description;
  out.created_date = format_lambda_time(layer.created);
  if (!layer.runtimes.empty()) out.compatible_runtimes = layer.runtimes;
  if (!layer.architectures.empty()) out.compatible_architectures = layer.architectures;
  if (!layer.license.empty()) out.license_info = layer.license;
}

// With the package's link, as one version is answered.
template <class Output>
Output to_layer_output(const Service& service, const aws::RequestContext& context,
                       const LayerVersion& layer) {
  Output out;
  describe(out, layer);
  out.layer_arn = layer.key.arn();
  auto& content = out.content.emplace();
  content.location = service.links.make(context, layer.code.sha256_hex);
  content.code_sha256 = layer.code.sha256_base64;
  content.code_size = layer.code.size;
  return out;
}

// nullopt when there is none.
Task<aws::ApiResult<std::optional<LayerVersion>>> find_layer_version(Service& service, LayerKey key,
                                                                     std::int64_t version);

// What the function of a request gets by `arns`, which check_layer_list has passed.
// InvalidParameterValueException for one that is not there.
Task<aws::ApiResult<std::vector<Layer>>> resolve_layers(Service& service,
                                                        aws::RequestContext context,
                                                        std::vector<std::string> arns);

// Adds what using `layers` asks: lambda:GetLayerVersion on each, and the key lambda:Layer.
void ask_layers(const std::optional<std::vector<std::string>>& layers,
                aws::Authorization& authorization);

}  // namespace kiln::lambda
