// SPDX-License-Identifier: Apache-2.0
#pragma once
// Registers the operations of CloudWatch Logs.

#include "aws/operation.h"
#include "services/logs/service.h"

namespace kiln::logs {

// `service` outlives the registry.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::logs
