// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/layer_operations.h"

#include "aws/operation.h"
#include "gen/lambda/add_layer_version_permission.h"
#include "gen/lambda/delete_layer_version.h"
#include "gen/lambda/get_layer_version.h"
#include "gen/lambda/get_layer_version_by_arn.h"
#include "gen/lambda/get_layer_version_policy.h"
#include "gen/lambda/list_layer_versions.h"
#include "gen/lambda/list_layers.h"
#include "gen/lambda/publish_layer_version.h"
#include "gen/lambda/remove_layer_version_permission.h"
#include "lambda/service.h"

namespace kiln::lambda {

void register_layer_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kPublishLayerVersion);
  registry.add(service, kGetLayerVersion);
  registry.add(service, kGetLayerVersionByArn);
  registry.add(service, kListLayers);
  registry.add(service, kListLayerVersions);
  registry.add(service, kDeleteLayerVersion);
  registry.add(service, kAddLayerVersionPermission);
  registry.add(service, kGetLayerVersionPolicy);
  registry.add(service, kRemoveLayerVersionPermission);
}

}  // namespace kiln::lambda
