// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the invocation operations work on, and their registration.

#include "invoke/invoker.h"
#include "lambda/function_directory.h"

namespace kiln::aws {
class Registry;
}

namespace kiln::invoke {

struct Service {
  Invoker& invoker;
  lambda::FunctionDirectory& functions;
};

// Adds Invoke. `service` outlives the registry.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::invoke
