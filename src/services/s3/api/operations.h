// SPDX-License-Identifier: Apache-2.0
#pragma once
// Registers the operations of S3.

namespace kiln::aws {
class Registry;
}

namespace kiln::s3 {

struct Service;

// `service` outlives `registry`.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::s3
