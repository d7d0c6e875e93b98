// SPDX-License-Identifier: Apache-2.0
#pragma once
// Registration of STS's operations, one file each in this folder.

#include "aws/operation.h"
#include "services/sts/service.h"

namespace kiln::sts_api {

// `service` outlives the registry.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::sts_api
