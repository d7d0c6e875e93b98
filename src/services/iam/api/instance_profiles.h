// SPDX-License-Identifier: Apache-2.0
#pragma once
// Instance profiles and the one role that each may hold.

#include "services/iam/api/common.h"

namespace kiln::iam_api {

gen::iam::InstanceProfile instance_profile_view(const RequestContext& context,
                                                const iam::InstanceProfileRecord& profile,
                                                const std::optional<iam::RoleRecord>& role);
Task<Result<std::optional<iam::RoleRecord>>> role_of(Service& service,
                                                     const RequestContext& context,
                                                     const iam::InstanceProfileRecord& profile);

struct RoleAndProfile {
  Loaded<iam::RoleRecord> role;
  Loaded<iam::InstanceProfileRecord> profile;
};
Task<Result<ApiResult<RoleAndProfile>>> load_role_and_profile(Service& service,
                                                              const RequestContext& context,
                                                              std::string role,
                                                              std::string profile);
// Both as they are now, if nobody changed them since.
store::Batch write_pair(const RequestContext& context, const RoleAndProfile& pair);

}  // namespace kiln::iam_api
