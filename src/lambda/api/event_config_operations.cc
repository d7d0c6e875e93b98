// SPDX-License-Identifier: Apache-2.0
#include "aws/operation.h"
#include "gen/lambda/delete_function_event_invoke_config.h"
#include "gen/lambda/get_function_event_invoke_config.h"
#include "gen/lambda/list_function_event_invoke_configs.h"
#include "gen/lambda/put_function_event_invoke_config.h"
#include "gen/lambda/update_function_event_invoke_config.h"
#include "lambda/api/event_configs.h"

namespace kiln::lambda {

void register_event_config_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kPutFunctionEventInvokeConfig);
  registry.add(service, kUpdateFunctionEventInvokeConfig);
  registry.add(service, kGetFunctionEventInvokeConfig);
  registry.add(service, kListFunctionEventInvokeConfigs);
  registry.add(service, kDeleteFunctionEventInvokeConfig);
}

}  // namespace kiln::lambda
