// SPDX-License-Identifier: Apache-2.0
#pragma once
// Registers the operations of SQS.

#include "aws/operation.h"
#include "services/sqs/service.h"

namespace kiln::sqs {

// `service` outlives the registry.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::sqs
