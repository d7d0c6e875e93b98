// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/code_signing_operations.h"

#include "aws/operation.h"
#include "gen/lambda/create_code_signing_config.h"
#include "gen/lambda/delete_code_signing_config.h"
#include "gen/lambda/delete_function_code_signing_config.h"
#include "gen/lambda/get_code_signing_config.h"
#include "gen/lambda/get_function_code_signing_config.h"
#include "gen/lambda/list_code_signing_configs.h"
#include "gen/lambda/list_functions_by_code_signing_config.h"
#include "gen/lambda/put_function_code_signing_config.h"
#include "gen/lambda/update_code_signing_config.h"
#include "lambda/service.h"

namespace kiln::lambda {

void register_code_signing_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kCreateCodeSigningConfig);
  registry.add(service, kGetCodeSigningConfig);
  registry.add(service, kListCodeSigningConfigs);
  registry.add(service, kUpdateCodeSigningConfig);
  registry.add(service, kDeleteCodeSigningConfig);
  registry.add(service, kListFunctionsByCodeSigningConfig);
  registry.add(service, kPutFunctionCodeSigningConfig);
  registry.add(service, kGetFunctionCodeSigningConfig);
  registry.add(service, kDeleteFunctionCodeSigningConfig);
}

}  // namespace kiln::lambda
