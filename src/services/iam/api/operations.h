// SPDX-License-Identifier: Apache-2.0
#pragma once
// Registration of IAM's operations, one file each in this folder.

#include "aws/operation.h"
#include "services/iam/service.h"

namespace kiln::iam_api {

// `service` outlives the registry.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::iam_api
