// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations of this folder, one file each.

#include "aws/operation.h"
#include "gen/lambda/invoke.h"
#include "invoke/api/service.h"

namespace kiln::invoke {

extern const aws::Operation<gen::lambda::Invoke, Service> kInvoke;

}  // namespace kiln::invoke
