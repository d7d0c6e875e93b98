// SPDX-License-Identifier: Apache-2.0
#include "services/sts/api/operations.h"

#include "gen/sts/assume_role.h"
#include "gen/sts/get_caller_identity.h"

namespace kiln::sts_api {

extern const aws::Operation<gen::sts::AssumeRole, Service> kAssumeRole;
extern const aws::Operation<gen::sts::GetCallerIdentity, Service> kGetCallerIdentity;

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kAssumeRole);
  registry.add(service, kGetCallerIdentity);
}

}  // namespace kiln::sts_api
