// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/operations.h"

#include "aws/operation.h"
#include "gen/lambda/add_permission.h"
#include "gen/lambda/create_function.h"
#include "gen/lambda/create_function_url_config.h"
#include "gen/lambda/delete_function.h"
#include "gen/lambda/delete_function_concurrency.h"
#include "gen/lambda/delete_function_url_config.h"
#include "gen/lambda/get_account_settings.h"
#include "gen/lambda/get_function.h"
#include "gen/lambda/get_function_concurrency.h"
#include "gen/lambda/get_function_configuration.h"
#include "gen/lambda/get_function_recursion_config.h"
#include "gen/lambda/get_function_url_config.h"
#include "gen/lambda/get_policy.h"
#include "gen/lambda/get_runtime_management_config.h"
#include "gen/lambda/list_function_url_configs.h"
#include "gen/lambda/list_functions.h"
#include "gen/lambda/list_tags.h"
#include "gen/lambda/put_function_concurrency.h"
#include "gen/lambda/put_function_recursion_config.h"
#include "gen/lambda/put_runtime_management_config.h"
#include "gen/lambda/remove_permission.h"
#include "gen/lambda/tag_resource.h"
#include "gen/lambda/untag_resource.h"
#include "gen/lambda/update_function_code.h"
#include "gen/lambda/update_function_configuration.h"
#include "gen/lambda/update_function_url_config.h"
#include "lambda/api/code_signing_operations.h"
#include "lambda/api/event_configs.h"
#include "lambda/api/layer_operations.h"
#include "lambda/api/version_operations.h"
#include "lambda/service.h"

namespace kiln::lambda {

void register_operations(aws::Registry& registry, Service& service) {
  register_version_operations(registry, service);
  registry.add(service, kCreateFunction);
  registry.add(service, kGetFunction);
  registry.add(service, kGetFunctionConfiguration);
  registry.add(service, kListFunctions);
  registry.add(service, kUpdateFunctionCode);
  registry.add(service, kUpdateFunctionConfiguration);
  registry.add(service, kDeleteFunction);
  registry.add(service, kTagResource);
  registry.add(service, kUntagResource);
  registry.add(service, kListTags);
  registry.add(service, kGetAccountSettings);
  registry.add(service, kPutFunctionConcurrency);
  registry.add(service, kGetFunctionConcurrency);
  registry.add(service, kDeleteFunctionConcurrency);
  registry.add(service, kPutFunctionRecursionConfig);
  registry.add(service, kGetFunctionRecursionConfig);
  registry.add(service, kPutRuntimeManagementConfig);
  registry.add(service, kGetRuntimeManagementConfig);
  registry.add(service, kAddPermission);
  registry.add(service, kRemovePermission);
  registry.add(service, kGetPolicy);
  register_layer_operations(registry, service);
  register_event_config_operations(registry, service);
  register_code_signing_operations(registry, service);
  registry.add(service, kCreateFunctionUrlConfig);
  registry.add(service, kGetFunctionUrlConfig);
  registry.add(service, kUpdateFunctionUrlConfig);
  registry.add(service, kDeleteFunctionUrlConfig);
  registry.add(service, kListFunctionUrlConfigs);
}

}  // namespace kiln::lambda
