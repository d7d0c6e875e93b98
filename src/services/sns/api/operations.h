// SPDX-License-Identifier: Apache-2.0
#pragma once
// Registers the operations of SNS.

#include "aws/operation.h"
#include "services/sns/service.h"

namespace kiln::sns {

// `service` outlives the registry.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::sns
