// SPDX-License-Identifier: Apache-2.0
// PublishLayerVersion: the next number of a layer, with its package.

#include "gen/lambda/publish_layer_version.h"

#include "aws/operation.h"
#include "lambda/api/layer_operations.h"
#include "lambda/api/layers.h"
#include "lambda/api/package.h"
#include "lambda/model/settings.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::PublishLayerVersion;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:PublishLayerVersion", layer_resource(context, input.layer_name.value_or(""))};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_own_layer(context, *input.layer_name);
  if (!key) co_return aws::fail(std::move(key.error()));
  auto runtimes = std::move(input.compatible_runtimes).value_or(std::vector<std::string>());
  if (auto good = check_compatible_runtimes(runtimes); !good) co_return aws::fail(good.error());
  auto& content = *input.content;
  const auto source = check_layer_source(content.zip_file, content.s3_bucket, content.s3_key);
  if (!source) co_return aws::fail(source.error());
  auto take = take_package(service, context,
                           {.zip_file = std::move(content.zip_file),
                            .s3_bucket = std::move(content.s3_bucket),
                            .s3_key = std::move(content.s3_key),
                            .s3_object_version = std::move(content.s3_object_version)});
  auto zip = co_await std::move(take);
  if (!zip) co_return aws::fail(std::move(zip.error()));
  auto accept = service.code.accept(std::move(*zip), /*dry_run=*/false);
  auto code = co_await std::move(accept);
  if (!code) co_return aws::fail(std::move(code.error()));
  LayerVersion layer{.key = std::move(*key)};
  layer.description = input.description.value_or("");
  layer.license = input.license_info.value_or("");
  layer.runtimes = std::move(runtimes);
  if (input.compatible_architectures) layer.architectures = *input.compatible_architectures;
  layer.code = std::move(*code);
  layer.created = context.now;
  auto publish = service.layers.publish(std::move(layer));
  const auto published = co_await std::move(publish);
  if (!published) co_return aws::fail(published.error());
  co_return to_layer_output<Model::Output>(service, context, *published);
}

}  // namespace

const aws::Operation<Model, Service> kPublishLayerVersion{authorize, handle};

}  // namespace kiln::lambda
