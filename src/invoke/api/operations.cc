// SPDX-License-Identifier: Apache-2.0
#include "invoke/api/operations.h"

namespace kiln::invoke {

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kInvoke);
  registry.add(service, kInvokeAsync);
  registry.add(service, kInvokeWithResponseStream);
}

}  // namespace kiln::invoke
