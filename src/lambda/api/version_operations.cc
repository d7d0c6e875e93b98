// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/version_operations.h"

#include "aws/operation.h"
#include "gen/lambda/create_alias.h"
#include "gen/lambda/delete_alias.h"
#include "gen/lambda/delete_provisioned_concurrency_config.h"
#include "gen/lambda/get_alias.h"
#include "gen/lambda/get_function_scaling_config.h"
#include "gen/lambda/get_provisioned_concurrency_config.h"
#include "gen/lambda/list_aliases.h"
#include "gen/lambda/list_provisioned_concurrency_configs.h"
#include "gen/lambda/list_versions_by_function.h"
#include "gen/lambda/publish_version.h"
#include "gen/lambda/put_function_scaling_config.h"
#include "gen/lambda/put_provisioned_concurrency_config.h"
#include "gen/lambda/update_alias.h"
#include "lambda/service.h"

namespace kiln::lambda {

void register_version_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kPublishVersion);
  registry.add(service, kListVersionsByFunction);
  registry.add(service, kCreateAlias);
  registry.add(service, kGetAlias);
  registry.add(service, kListAliases);
  registry.add(service, kUpdateAlias);
  registry.add(service, kDeleteAlias);
  registry.add(service, kPutProvisionedConcurrencyConfig);
  registry.add(service, kGetProvisionedConcurrencyConfig);
  registry.add(service, kListProvisionedConcurrencyConfigs);
  registry.add(service, kDeleteProvisionedConcurrencyConfig);
  registry.add(service, kPutFunctionScalingConfig);
  registry.add(service, kGetFunctionScalingConfig);
}

}  // namespace kiln::lambda
