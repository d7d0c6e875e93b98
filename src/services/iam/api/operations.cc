// SPDX-License-Identifier: Apache-2.0
#include "services/iam/api/operations.h"

#include "gen/iam/add_role_to_instance_profile.h"
#include "gen/iam/add_user_to_group.h"
#include "gen/iam/attach_group_policy.h"
#include "gen/iam/attach_role_policy.h"
#include "gen/iam/attach_user_policy.h"
#include "gen/iam/create_access_key.h"
#include "gen/iam/create_account_alias.h"
#include "gen/iam/create_group.h"
#include "gen/iam/create_instance_profile.h"
#include "gen/iam/create_policy.h"
#include "gen/iam/create_policy_version.h"
#include "gen/iam/create_role.h"
#include "gen/iam/create_service_linked_role.h"
#include "gen/iam/create_user.h"
#include "gen/iam/delete_access_key.h"
#include "gen/iam/delete_account_alias.h"
#include "gen/iam/delete_group.h"
#include "gen/iam/delete_group_policy.h"
#include "gen/iam/delete_instance_profile.h"
#include "gen/iam/delete_login_profile.h"
#include "gen/iam/delete_policy.h"
#include "gen/iam/delete_policy_version.h"
#include "gen/iam/delete_role.h"
#include "gen/iam/delete_role_permissions_boundary.h"
#include "gen/iam/delete_role_policy.h"
#include "gen/iam/delete_service_linked_role.h"
#include "gen/iam/delete_user.h"
#include "gen/iam/delete_user_permissions_boundary.h"
#include "gen/iam/delete_user_policy.h"
#include "gen/iam/detach_group_policy.h"
#include "gen/iam/detach_role_policy.h"
#include "gen/iam/detach_user_policy.h"
#include "gen/iam/get_access_key_last_used.h"
#include "gen/iam/get_account_authorization_details.h"
#include "gen/iam/get_account_summary.h"
#include "gen/iam/get_group.h"
#include "gen/iam/get_group_policy.h"
#include "gen/iam/get_instance_profile.h"
#include "gen/iam/get_login_profile.h"
#include "gen/iam/get_policy.h"
#include "gen/iam/get_policy_version.h"
#include "gen/iam/get_role.h"
#include "gen/iam/get_role_policy.h"
#include "gen/iam/get_service_linked_role_deletion_status.h"
#include "gen/iam/get_user.h"
#include "gen/iam/get_user_policy.h"
#include "gen/iam/list_access_keys.h"
#include "gen/iam/list_account_aliases.h"
#include "gen/iam/list_attached_group_policies.h"
#include "gen/iam/list_attached_role_policies.h"
#include "gen/iam/list_attached_user_policies.h"
#include "gen/iam/list_entities_for_policy.h"
#include "gen/iam/list_group_policies.h"
#include "gen/iam/list_groups.h"
#include "gen/iam/list_groups_for_user.h"
#include "gen/iam/list_instance_profile_tags.h"
#include "gen/iam/list_instance_profiles.h"
#include "gen/iam/list_instance_profiles_for_role.h"
#include "gen/iam/list_mfa_devices.h"
#include "gen/iam/list_policies.h"
#include "gen/iam/list_policy_tags.h"
#include "gen/iam/list_policy_versions.h"
#include "gen/iam/list_role_policies.h"
#include "gen/iam/list_role_tags.h"
#include "gen/iam/list_roles.h"
#include "gen/iam/list_service_specific_credentials.h"
#include "gen/iam/list_signing_certificates.h"
#include "gen/iam/list_ssh_public_keys.h"
#include "gen/iam/list_user_policies.h"
#include "gen/iam/list_user_tags.h"
#include "gen/iam/list_users.h"
#include "gen/iam/put_group_policy.h"
#include "gen/iam/put_role_permissions_boundary.h"
#include "gen/iam/put_role_policy.h"
#include "gen/iam/put_user_permissions_boundary.h"
#include "gen/iam/put_user_policy.h"
#include "gen/iam/remove_role_from_instance_profile.h"
#include "gen/iam/remove_user_from_group.h"
#include "gen/iam/set_default_policy_version.h"
#include "gen/iam/simulate_custom_policy.h"
#include "gen/iam/simulate_principal_policy.h"
#include "gen/iam/tag_instance_profile.h"
#include "gen/iam/tag_policy.h"
#include "gen/iam/tag_role.h"
#include "gen/iam/tag_user.h"
#include "gen/iam/untag_instance_profile.h"
#include "gen/iam/untag_policy.h"
#include "gen/iam/untag_role.h"
#include "gen/iam/untag_user.h"
#include "gen/iam/update_access_key.h"
#include "gen/iam/update_assume_role_policy.h"
#include "gen/iam/update_group.h"
#include "gen/iam/update_role.h"
#include "gen/iam/update_role_description.h"
#include "gen/iam/update_user.h"

namespace kiln::iam_api {

extern const aws::Operation<gen::iam::AddRoleToInstanceProfile, Service> kAddRoleToInstanceProfile;
extern const aws::Operation<gen::iam::AddUserToGroup, Service> kAddUserToGroup;
extern const aws::Operation<gen::iam::AttachGroupPolicy, Service> kAttachGroupPolicy;
extern const aws::Operation<gen::iam::AttachRolePolicy, Service> kAttachRolePolicy;
extern const aws::Operation<gen::iam::AttachUserPolicy, Service> kAttachUserPolicy;
extern const aws::Operation<gen::iam::CreateAccessKey, Service> kCreateAccessKey;
extern const aws::Operation<gen::iam::CreateAccountAlias, Service> kCreateAccountAlias;
extern const aws::Operation<gen::iam::CreateGroup, Service> kCreateGroup;
extern const aws::Operation<gen::iam::CreateInstanceProfile, Service> kCreateInstanceProfile;
extern const aws::Operation<gen::iam::CreatePolicy, Service> kCreatePolicy;
extern const aws::Operation<gen::iam::CreatePolicyVersion, Service> kCreatePolicyVersion;
extern const aws::Operation<gen::iam::CreateRole, Service> kCreateRole;
extern const aws::Operation<gen::iam::CreateServiceLinkedRole, Service> kCreateServiceLinkedRole;
extern const aws::Operation<gen::iam::CreateUser, Service> kCreateUser;
extern const aws::Operation<gen::iam::DeleteAccessKey, Service> kDeleteAccessKey;
extern const aws::Operation<gen::iam::DeleteAccountAlias, Service> kDeleteAccountAlias;
extern const aws::Operation<gen::iam::DeleteGroup, Service> kDeleteGroup;
extern const aws::Operation<gen::iam::DeleteGroupPolicy, Service> kDeleteGroupPolicy;
extern const aws::Operation<gen::iam::DeleteInstanceProfile, Service> kDeleteInstanceProfile;
extern const aws::Operation<gen::iam::DeleteLoginProfile, Service> kDeleteLoginProfile;
extern const aws::Operation<gen::iam::DeletePolicy, Service> kDeletePolicy;
extern const aws::Operation<gen::iam::DeletePolicyVersion, Service> kDeletePolicyVersion;
extern const aws::Operation<gen::iam::DeleteRole, Service> kDeleteRole;
extern const aws::Operation<gen::iam::DeleteRolePermissionsBoundary, Service>
    kDeleteRolePermissionsBoundary;
extern const aws::Operation<gen::iam::DeleteRolePolicy, Service> kDeleteRolePolicy;
extern const aws::Operation<gen::iam::DeleteServiceLinkedRole, Service> kDeleteServiceLinkedRole;
extern const aws::Operation<gen::iam::DeleteUser, Service> kDeleteUser;
extern const aws::Operation<gen::iam::DeleteUserPermissionsBoundary, Service>
    kDeleteUserPermissionsBoundary;
extern const aws::Operation<gen::iam::DeleteUserPolicy, Service> kDeleteUserPolicy;
extern const aws::Operation<gen::iam::DetachGroupPolicy, Service> kDetachGroupPolicy;
extern const aws::Operation<gen::iam::DetachRolePolicy, Service> kDetachRolePolicy;
extern const aws::Operation<gen::iam::DetachUserPolicy, Service> kDetachUserPolicy;
extern const aws::Operation<gen::iam::GetAccessKeyLastUsed, Service> kGetAccessKeyLastUsed;
extern const aws::Operation<gen::iam::GetAccountAuthorizationDetails, Service>
    kGetAccountAuthorizationDetails;
extern const aws::Operation<gen::iam::GetAccountSummary, Service> kGetAccountSummary;
extern const aws::Operation<gen::iam::GetGroup, Service> kGetGroup;
extern const aws::Operation<gen::iam::GetGroupPolicy, Service> kGetGroupPolicy;
extern const aws::Operation<gen::iam::GetInstanceProfile, Service> kGetInstanceProfile;
extern const aws::Operation<gen::iam::GetLoginProfile, Service> kGetLoginProfile;
extern const aws::Operation<gen::iam::GetPolicy, Service> kGetPolicy;
extern const aws::Operation<gen::iam::GetPolicyVersion, Service> kGetPolicyVersion;
extern const aws::Operation<gen::iam::GetRole, Service> kGetRole;
extern const aws::Operation<gen::iam::GetRolePolicy, Service> kGetRolePolicy;
extern const aws::Operation<gen::iam::GetServiceLinkedRoleDeletionStatus, Service>
    kGetServiceLinkedRoleDeletionStatus;
extern const aws::Operation<gen::iam::GetUser, Service> kGetUser;
extern const aws::Operation<gen::iam::GetUserPolicy, Service> kGetUserPolicy;
extern const aws::Operation<gen::iam::ListAccessKeys, Service> kListAccessKeys;
extern const aws::Operation<gen::iam::ListAccountAliases, Service> kListAccountAliases;
extern const aws::Operation<gen::iam::ListAttachedGroupPolicies, Service>
    kListAttachedGroupPolicies;
extern const aws::Operation<gen::iam::ListAttachedRolePolicies, Service> kListAttachedRolePolicies;
extern const aws::Operation<gen::iam::ListAttachedUserPolicies, Service> kListAttachedUserPolicies;
extern const aws::Operation<gen::iam::ListEntitiesForPolicy, Service> kListEntitiesForPolicy;
extern const aws::Operation<gen::iam::ListGroupPolicies, Service> kListGroupPolicies;
extern const aws::Operation<gen::iam::ListGroups, Service> kListGroups;
extern const aws::Operation<gen::iam::ListGroupsForUser, Service> kListGroupsForUser;
extern const aws::Operation<gen::iam::ListInstanceProfileTags, Service> kListInstanceProfileTags;
extern const aws::Operation<gen::iam::ListInstanceProfiles, Service> kListInstanceProfiles;
extern const aws::Operation<gen::iam::ListInstanceProfilesForRole, Service>
    kListInstanceProfilesForRole;
extern const aws::Operation<gen::iam::ListMFADevices, Service> kListMFADevices;
extern const aws::Operation<gen::iam::ListPolicies, Service> kListPolicies;
extern const aws::Operation<gen::iam::ListPolicyTags, Service> kListPolicyTags;
extern const aws::Operation<gen::iam::ListPolicyVersions, Service> kListPolicyVersions;
extern const aws::Operation<gen::iam::ListRolePolicies, Service> kListRolePolicies;
extern const aws::Operation<gen::iam::ListRoleTags, Service> kListRoleTags;
extern const aws::Operation<gen::iam::ListRoles, Service> kListRoles;
extern const aws::Operation<gen::iam::ListSSHPublicKeys, Service> kListSSHPublicKeys;
extern const aws::Operation<gen::iam::ListServiceSpecificCredentials, Service>
    kListServiceSpecificCredentials;
extern const aws::Operation<gen::iam::ListSigningCertificates, Service> kListSigningCertificates;
extern const aws::Operation<gen::iam::ListUserPolicies, Service> kListUserPolicies;
extern const aws::Operation<gen::iam::ListUserTags, Service> kListUserTags;
extern const aws::Operation<gen::iam::ListUsers, Service> kListUsers;
extern const aws::Operation<gen::iam::PutGroupPolicy, Service> kPutGroupPolicy;
extern const aws::Operation<gen::iam::PutRolePermissionsBoundary, Service>
    kPutRolePermissionsBoundary;
extern const aws::Operation<gen::iam::PutRolePolicy, Service> kPutRolePolicy;
extern const aws::Operation<gen::iam::PutUserPermissionsBoundary, Service>
    kPutUserPermissionsBoundary;
extern const aws::Operation<gen::iam::PutUserPolicy, Service> kPutUserPolicy;
extern const aws::Operation<gen::iam::RemoveRoleFromInstanceProfile, Service>
    kRemoveRoleFromInstanceProfile;
extern const aws::Operation<gen::iam::RemoveUserFromGroup, Service> kRemoveUserFromGroup;
extern const aws::Operation<gen::iam::SetDefaultPolicyVersion, Service> kSetDefaultPolicyVersion;
extern const aws::Operation<gen::iam::SimulateCustomPolicy, Service> kSimulateCustomPolicy;
extern const aws::Operation<gen::iam::SimulatePrincipalPolicy, Service> kSimulatePrincipalPolicy;
extern const aws::Operation<gen::iam::TagInstanceProfile, Service> kTagInstanceProfile;
extern const aws::Operation<gen::iam::TagPolicy, Service> kTagPolicy;
extern const aws::Operation<gen::iam::TagRole, Service> kTagRole;
extern const aws::Operation<gen::iam::TagUser, Service> kTagUser;
extern const aws::Operation<gen::iam::UntagInstanceProfile, Service> kUntagInstanceProfile;
extern const aws::Operation<gen::iam::UntagPolicy, Service> kUntagPolicy;
extern const aws::Operation<gen::iam::UntagRole, Service> kUntagRole;
extern const aws::Operation<gen::iam::UntagUser, Service> kUntagUser;
extern const aws::Operation<gen::iam::UpdateAccessKey, Service> kUpdateAccessKey;
extern const aws::Operation<gen::iam::UpdateAssumeRolePolicy, Service> kUpdateAssumeRolePolicy;
extern const aws::Operation<gen::iam::UpdateGroup, Service> kUpdateGroup;
extern const aws::Operation<gen::iam::UpdateRole, Service> kUpdateRole;
extern const aws::Operation<gen::iam::UpdateRoleDescription, Service> kUpdateRoleDescription;
extern const aws::Operation<gen::iam::UpdateUser, Service> kUpdateUser;

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kAddRoleToInstanceProfile);
  registry.add(service, kAddUserToGroup);
  registry.add(service, kAttachGroupPolicy);
  registry.add(service, kAttachRolePolicy);
  registry.add(service, kAttachUserPolicy);
  registry.add(service, kCreateAccessKey);
  registry.add(service, kCreateAccountAlias);
  registry.add(service, kCreateGroup);
  registry.add(service, kCreateInstanceProfile);
  registry.add(service, kCreatePolicy);
  registry.add(service, kCreatePolicyVersion);
  registry.add(service, kCreateRole);
  registry.add(service, kCreateServiceLinkedRole);
  registry.add(service, kCreateUser);
  registry.add(service, kDeleteAccessKey);
  registry.add(service, kDeleteAccountAlias);
  registry.add(service, kDeleteGroup);
  registry.add(service, kDeleteGroupPolicy);
  registry.add(service, kDeleteInstanceProfile);
  registry.add(service, kDeleteLoginProfile);
  registry.add(service, kDeletePolicy);
  registry.add(service, kDeletePolicyVersion);
  registry.add(service, kDeleteRole);
  registry.add(service, kDeleteRolePermissionsBoundary);
  registry.add(service, kDeleteRolePolicy);
  registry.add(service, kDeleteServiceLinkedRole);
  registry.add(service, kDeleteUser);
  registry.add(service, kDeleteUserPermissionsBoundary);
  registry.add(service, kDeleteUserPolicy);
  registry.add(service, kDetachGroupPolicy);
  registry.add(service, kDetachRolePolicy);
  registry.add(service, kDetachUserPolicy);
  registry.add(service, kGetAccessKeyLastUsed);
  registry.add(service, kGetAccountAuthorizationDetails);
  registry.add(service, kGetAccountSummary);
  registry.add(service, kGetGroup);
  registry.add(service, kGetGroupPolicy);
  registry.add(service, kGetInstanceProfile);
  registry.add(service, kGetLoginProfile);
  registry.add(service, kGetPolicy);
  registry.add(service, kGetPolicyVersion);
  registry.add(service, kGetRole);
  registry.add(service, kGetRolePolicy);
  registry.add(service, kGetServiceLinkedRoleDeletionStatus);
  registry.add(service, kGetUser);
  registry.add(service, kGetUserPolicy);
  registry.add(service, kListAccessKeys);
  registry.add(service, kListAccountAliases);
  registry.add(service, kListAttachedGroupPolicies);
  registry.add(service, kListAttachedRolePolicies);
  registry.add(service, kListAttachedUserPolicies);
  registry.add(service, kListEntitiesForPolicy);
  registry.add(service, kListGroupPolicies);
  registry.add(service, kListGroups);
  registry.add(service, kListGroupsForUser);
  registry.add(service, kListInstanceProfileTags);
  registry.add(service, kListInstanceProfiles);
  registry.add(service, kListInstanceProfilesForRole);
  registry.add(service, kListMFADevices);
  registry.add(service, kListPolicies);
  registry.add(service, kListPolicyTags);
  registry.add(service, kListPolicyVersions);
  registry.add(service, kListRolePolicies);
  registry.add(service, kListRoleTags);
  registry.add(service, kListRoles);
  registry.add(service, kListSSHPublicKeys);
  registry.add(service, kListServiceSpecificCredentials);
  registry.add(service, kListSigningCertificates);
  registry.add(service, kListUserPolicies);
  registry.add(service, kListUserTags);
  registry.add(service, kListUsers);
  registry.add(service, kPutGroupPolicy);
  registry.add(service, kPutRolePermissionsBoundary);
  registry.add(service, kPutRolePolicy);
  registry.add(service, kPutUserPermissionsBoundary);
  registry.add(service, kPutUserPolicy);
  registry.add(service, kRemoveRoleFromInstanceProfile);
  registry.add(service, kRemoveUserFromGroup);
  registry.add(service, kSetDefaultPolicyVersion);
  registry.add(service, kSimulateCustomPolicy);
  registry.add(service, kSimulatePrincipalPolicy);
  registry.add(service, kTagInstanceProfile);
  registry.add(service, kTagPolicy);
  registry.add(service, kTagRole);
  registry.add(service, kTagUser);
  registry.add(service, kUntagInstanceProfile);
  registry.add(service, kUntagPolicy);
  registry.add(service, kUntagRole);
  registry.add(service, kUntagUser);
  registry.add(service, kUpdateAccessKey);
  registry.add(service, kUpdateAssumeRolePolicy);
  registry.add(service, kUpdateGroup);
  registry.add(service, kUpdateRole);
  registry.add(service, kUpdateRoleDescription);
  registry.add(service, kUpdateUser);
}

}  // namespace kiln::iam_api
