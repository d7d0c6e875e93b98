// SPDX-License-Identifier: Apache-2.0
#include "services/iam/api/operations.h"

#include "gen/iam/attach_role_policy.h"
#include "gen/iam/create_policy.h"
#include "gen/iam/create_policy_version.h"
#include "gen/iam/create_role.h"
#include "gen/iam/delete_policy.h"
#include "gen/iam/delete_policy_version.h"
#include "gen/iam/delete_role.h"
#include "gen/iam/delete_role_permissions_boundary.h"
#include "gen/iam/delete_role_policy.h"
#include "gen/iam/detach_role_policy.h"
#include "gen/iam/get_policy.h"
#include "gen/iam/get_policy_version.h"
#include "gen/iam/get_role.h"
#include "gen/iam/get_role_policy.h"
#include "gen/iam/list_attached_role_policies.h"
#include "gen/iam/list_entities_for_policy.h"
#include "gen/iam/list_instance_profiles.h"
#include "gen/iam/list_instance_profiles_for_role.h"
#include "gen/iam/list_policies.h"
#include "gen/iam/list_policy_tags.h"
#include "gen/iam/list_policy_versions.h"
#include "gen/iam/list_role_policies.h"
#include "gen/iam/list_role_tags.h"
#include "gen/iam/list_roles.h"
#include "gen/iam/put_role_permissions_boundary.h"
#include "gen/iam/put_role_policy.h"
#include "gen/iam/set_default_policy_version.h"
#include "gen/iam/tag_policy.h"
#include "gen/iam/tag_role.h"
#include "gen/iam/untag_policy.h"
#include "gen/iam/untag_role.h"
#include "gen/iam/update_assume_role_policy.h"
#include "gen/iam/update_role.h"
#include "gen/iam/update_role_description.h"

namespace kiln::iam_api {

extern const aws::Operation<gen::iam::AttachRolePolicy, Service> kAttachRolePolicy;
extern const aws::Operation<gen::iam::CreatePolicy, Service> kCreatePolicy;
extern const aws::Operation<gen::iam::CreatePolicyVersion, Service> kCreatePolicyVersion;
extern const aws::Operation<gen::iam::CreateRole, Service> kCreateRole;
extern const aws::Operation<gen::iam::DeletePolicy, Service> kDeletePolicy;
extern const aws::Operation<gen::iam::DeletePolicyVersion, Service> kDeletePolicyVersion;
extern const aws::Operation<gen::iam::DeleteRole, Service> kDeleteRole;
extern const aws::Operation<gen::iam::DeleteRolePermissionsBoundary, Service>
    kDeleteRolePermissionsBoundary;
extern const aws::Operation<gen::iam::DeleteRolePolicy, Service> kDeleteRolePolicy;
extern const aws::Operation<gen::iam::DetachRolePolicy, Service> kDetachRolePolicy;
extern const aws::Operation<gen::iam::GetPolicy, Service> kGetPolicy;
extern const aws::Operation<gen::iam::GetPolicyVersion, Service> kGetPolicyVersion;
extern const aws::Operation<gen::iam::GetRole, Service> kGetRole;
extern const aws::Operation<gen::iam::GetRolePolicy, Service> kGetRolePolicy;
extern const aws::Operation<gen::iam::ListAttachedRolePolicies, Service> kListAttachedRolePolicies;
extern const aws::Operation<gen::iam::ListEntitiesForPolicy, Service> kListEntitiesForPolicy;
extern const aws::Operation<gen::iam::ListInstanceProfiles, Service> kListInstanceProfiles;
extern const aws::Operation<gen::iam::ListInstanceProfilesForRole, Service>
    kListInstanceProfilesForRole;
extern const aws::Operation<gen::iam::ListPolicies, Service> kListPolicies;
extern const aws::Operation<gen::iam::ListPolicyTags, Service> kListPolicyTags;
extern const aws::Operation<gen::iam::ListPolicyVersions, Service> kListPolicyVersions;
extern const aws::Operation<gen::iam::ListRolePolicies, Service> kListRolePolicies;
extern const aws::Operation<gen::iam::ListRoleTags, Service> kListRoleTags;
extern const aws::Operation<gen::iam::ListRoles, Service> kListRoles;
extern const aws::Operation<gen::iam::PutRolePermissionsBoundary, Service>
    kPutRolePermissionsBoundary;
extern const aws::Operation<gen::iam::PutRolePolicy, Service> kPutRolePolicy;
extern const aws::Operation<gen::iam::SetDefaultPolicyVersion, Service> kSetDefaultPolicyVersion;
extern const aws::Operation<gen::iam::TagPolicy, Service> kTagPolicy;
extern const aws::Operation<gen::iam::TagRole, Service> kTagRole;
extern const aws::Operation<gen::iam::UntagPolicy, Service> kUntagPolicy;
extern const aws::Operation<gen::iam::UntagRole, Service> kUntagRole;
extern const aws::Operation<gen::iam::UpdateAssumeRolePolicy, Service> kUpdateAssumeRolePolicy;
extern const aws::Operation<gen::iam::UpdateRole, Service> kUpdateRole;
extern const aws::Operation<gen::iam::UpdateRoleDescription, Service> kUpdateRoleDescription;

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kAttachRolePolicy);
  registry.add(service, kCreatePolicy);
  registry.add(service, kCreatePolicyVersion);
  registry.add(service, kCreateRole);
  registry.add(service, kDeletePolicy);
  registry.add(service, kDeletePolicyVersion);
  registry.add(service, kDeleteRole);
  registry.add(service, kDeleteRolePermissionsBoundary);
  registry.add(service, kDeleteRolePolicy);
  registry.add(service, kDetachRolePolicy);
  registry.add(service, kGetPolicy);
  registry.add(service, kGetPolicyVersion);
  registry.add(service, kGetRole);
  registry.add(service, kGetRolePolicy);
  registry.add(service, kListAttachedRolePolicies);
  registry.add(service, kListEntitiesForPolicy);
  registry.add(service, kListInstanceProfiles);
  registry.add(service, kListInstanceProfilesForRole);
  registry.add(service, kListPolicies);
  registry.add(service, kListPolicyTags);
  registry.add(service, kListPolicyVersions);
  registry.add(service, kListRolePolicies);
  registry.add(service, kListRoleTags);
  registry.add(service, kListRoles);
  registry.add(service, kPutRolePermissionsBoundary);
  registry.add(service, kPutRolePolicy);
  registry.add(service, kSetDefaultPolicyVersion);
  registry.add(service, kTagPolicy);
  registry.add(service, kTagRole);
  registry.add(service, kUntagPolicy);
  registry.add(service, kUntagRole);
  registry.add(service, kUpdateAssumeRolePolicy);
  registry.add(service, kUpdateRole);
  registry.add(service, kUpdateRoleDescription);
}

}  // namespace kiln::iam_api
