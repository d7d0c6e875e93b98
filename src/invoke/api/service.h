// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the invocation operations work on, and their registration.

#include "invoke/async_queue.h"
#include "invoke/invoker.h"
#include "invoke/response_stream.h"
#include "lambda/function_directory.h"

namespace kiln::aws {
class Registry;
}

namespace kiln::invoke {

struct Service {
  Invoker& invoker;
  lambda::FunctionDirectory& functions;
  AsyncAcceptor& events;
  StreamPace pace = {};
};

// Adds Invoke and InvokeAsync. `service` outlives the registry.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::invoke
