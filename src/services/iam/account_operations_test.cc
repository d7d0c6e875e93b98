// SPDX-License-Identifier: Apache-2.0
#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/iam/add_role_to_instance_profile.h"
#include "gen/iam/add_user_to_group.h"
#include "gen/iam/attach_group_policy.h"
#include "gen/iam/attach_role_policy.h"
#include "gen/iam/attach_user_policy.h"
#include "gen/iam/create_account_alias.h"
#include "gen/iam/create_group.h"
#include "gen/iam/create_instance_profile.h"
#include "gen/iam/create_policy.h"
#include "gen/iam/create_role.h"
#include "gen/iam/create_service_linked_role.h"
#include "gen/iam/create_user.h"
#include "gen/iam/delete_account_alias.h"
#include "gen/iam/delete_instance_profile.h"
#include "gen/iam/delete_role.h"
#include "gen/iam/delete_service_linked_role.h"
#include "gen/iam/delete_user.h"
#include "gen/iam/get_account_authorization_details.h"
#include "gen/iam/get_account_summary.h"
#include "gen/iam/get_instance_profile.h"
#include "gen/iam/get_policy.h"
#include "gen/iam/get_service_linked_role_deletion_status.h"
#include "gen/iam/list_account_aliases.h"
#include "gen/iam/list_entities_for_policy.h"
#include "gen/iam/list_instance_profiles.h"
#include "gen/iam/list_instance_profiles_for_role.h"
#include "gen/iam/list_policies.h"
#include "gen/iam/put_user_policy.h"
#include "gen/iam/remove_role_from_instance_profile.h"
#include "gen/iam/simulate_custom_policy.h"
#include "gen/iam/simulate_principal_policy.h"
#include "services/iam/operations_fixture.h"

namespace kiln::iam_api {

extern const aws::Operation<gen::iam::AddRoleToInstanceProfile, Service> kAddRoleToInstanceProfile;
extern const aws::Operation<gen::iam::AddUserToGroup, Service> kAddUserToGroup;
extern const aws::Operation<gen::iam::AttachGroupPolicy, Service> kAttachGroupPolicy;
extern const aws::Operation<gen::iam::AttachRolePolicy, Service> kAttachRolePolicy;
extern const aws::Operation<gen::iam::AttachUserPolicy, Service> kAttachUserPolicy;
extern const aws::Operation<gen::iam::CreateAccountAlias, Service> kCreateAccountAlias;
extern const aws::Operation<gen::iam::CreateGroup, Service> kCreateGroup;
extern const aws::Operation<gen::iam::CreateInstanceProfile, Service> kCreateInstanceProfile;
extern const aws::Operation<gen::iam::CreatePolicy, Service> kCreatePolicy;
extern const aws::Operation<gen::iam::CreateRole, Service> kCreateRole;
extern const aws::Operation<gen::iam::CreateServiceLinkedRole, Service> kCreateServiceLinkedRole;
extern const aws::Operation<gen::iam::CreateUser, Service> kCreateUser;
extern const aws::Operation<gen::iam::DeleteAccountAlias, Service> kDeleteAccountAlias;
extern const aws::Operation<gen::iam::DeleteInstanceProfile, Service> kDeleteInstanceProfile;
extern const aws::Operation<gen::iam::DeleteRole, Service> kDeleteRole;
extern const aws::Operation<gen::iam::DeleteServiceLinkedRole, Service> kDeleteServiceLinkedRole;
extern const aws::Operation<gen::iam::DeleteUser, Service> kDeleteUser;
extern const aws::Operation<gen::iam::GetAccountAuthorizationDetails, Service>
    kGetAccountAuthorizationDetails;
extern const aws::Operation<gen::iam::GetAccountSummary, Service> kGetAccountSummary;
extern const aws::Operation<gen::iam::GetInstanceProfile, Service> kGetInstanceProfile;
extern const aws::Operation<gen::iam::GetPolicy, Service> kGetPolicy;
extern const aws::Operation<gen::iam::GetServiceLinkedRoleDeletionStatus, Service>
    kGetServiceLinkedRoleDeletionStatus;
extern const aws::Operation<gen::iam::ListAccountAliases, Service> kListAccountAliases;
extern const aws::Operation<gen::iam::ListEntitiesForPolicy, Service> kListEntitiesForPolicy;
extern const aws::Operation<gen::iam::ListInstanceProfiles, Service> kListInstanceProfiles;
extern const aws::Operation<gen::iam::ListInstanceProfilesForRole, Service>
    kListInstanceProfilesForRole;
extern const aws::Operation<gen::iam::ListPolicies, Service> kListPolicies;
extern const aws::Operation<gen::iam::PutUserPolicy, Service> kPutUserPolicy;
extern const aws::Operation<gen::iam::RemoveRoleFromInstanceProfile, Service>
    kRemoveRoleFromInstanceProfile;
extern const aws::Operation<gen::iam::SimulateCustomPolicy, Service> kSimulateCustomPolicy;
extern const aws::Operation<gen::iam::SimulatePrincipalPolicy, Service> kSimulatePrincipalPolicy;

namespace {

constexpr const char* kAdmin = "arn:aws:iam::aws:policy/AdministratorAccess";

class AccountOperations : public Operations {
 protected:
  std::string create_role(std::string name) {
    gen::iam::CreateRole::Input in;
    in.role_name = std::move(name);
    in.assume_role_policy_document = kTrust;
    return error_of(kCreateRole, std::move(in));
  }
};

TEST_F(AccountOperations, the_summary_counts) {
  ASSERT_EQ(create_role("r"), "");
  ASSERT_EQ(error_of(kCreateUser, {.user_name = "u"}), "");
  ASSERT_EQ(error_of(kCreateUser, {.user_name = "v"}), "");
  ASSERT_EQ(error_of(kDeleteUser, {.user_name = "v"}), "");
  ASSERT_EQ(error_of(kCreateGroup, {.group_name = "g"}), "");
  auto summary = call(kGetAccountSummary, {});
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->summary_map->at("Users"), 1);
  EXPECT_EQ(summary->summary_map->at("Groups"), 1);
  EXPECT_EQ(summary->summary_map->at("Roles"), 1);
  EXPECT_EQ(summary->summary_map->at("UsersQuota"), 5000);
}

TEST_F(AccountOperations, an_account_has_one_alias) {
  EXPECT_EQ(error_of(kCreateAccountAlias, {.account_alias = "first"}), "");
  EXPECT_EQ(error_of(kCreateAccountAlias, {.account_alias = "first"}),
            "EntityAlreadyExists: The account alias first already exists.");
  EXPECT_EQ(error_of(kCreateAccountAlias, {.account_alias = "second"}), "");
  EXPECT_EQ(*call(kListAccountAliases, {})->account_aliases, std::vector<std::string>{"second"});
  EXPECT_EQ(error_of(kDeleteAccountAlias, {.account_alias = "first"}),
            "NoSuchEntity: The Account Alias with name first cannot be found.");
  EXPECT_EQ(error_of(kDeleteAccountAlias, {.account_alias = "second"}), "");
  EXPECT_TRUE(call(kListAccountAliases, {})->account_aliases->empty());
}

TEST_F(AccountOperations, entities_of_a_policy_are_listed_by_kind_and_page) {
  ASSERT_EQ(create_role("r"), "");
  ASSERT_EQ(error_of(kAttachRolePolicy, {.role_name = "r", .policy_arn = kAdmin}), "");
  ASSERT_EQ(error_of(kCreateGroup, {.group_name = "g"}), "");
  ASSERT_EQ(error_of(kAttachGroupPolicy, {.group_name = "g", .policy_arn = kAdmin}), "");
  for (const char* name : {"u", "v", "w"}) {
    ASSERT_EQ(error_of(kCreateUser, {.path = "/p/", .user_name = name}), "");
    ASSERT_EQ(error_of(kAttachUserPolicy, {.user_name = name, .policy_arn = kAdmin}), "");
  }
  auto page = call(kListEntitiesForPolicy, {.policy_arn = kAdmin, .max_items = 3});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->policy_groups->size(), 1u);
  EXPECT_EQ(page->policy_users->size(), 2u);
  EXPECT_EQ(page->is_truncated, true);
  page = call(kListEntitiesForPolicy, {.policy_arn = kAdmin, .marker = page->marker});
  EXPECT_EQ(page->policy_users->front().user_name, "w");
  EXPECT_EQ(page->policy_roles->front().role_name, "r");
  EXPECT_EQ(page->is_truncated, false);
  page = call(kListEntitiesForPolicy, {.policy_arn = kAdmin, .entity_filter = "Role"});
  EXPECT_TRUE(page->policy_users->empty());
  EXPECT_EQ(page->policy_roles->size(), 1u);
  page = call(kListEntitiesForPolicy, {.policy_arn = kAdmin, .path_prefix = "/p/"});
  EXPECT_EQ(page->policy_users->size(), 3u);
  EXPECT_TRUE(page->policy_roles->empty());
  EXPECT_EQ(call(kGetPolicy, {.policy_arn = kAdmin})->policy->attachment_count, 5);
  auto attached = call(kListPolicies, {.scope = "AWS", .only_attached = true});
  ASSERT_EQ(attached->policies->size(), 1u);
  EXPECT_EQ(attached->policies->front().arn, kAdmin);
}

TEST_F(AccountOperations, authorization_details_hold_everything) {
  ASSERT_EQ(create_role("r"), "");
  ASSERT_EQ(error_of(kCreateGroup, {.group_name = "g"}), "");
  ASSERT_EQ(error_of(kCreateUser, {.user_name = "u"}), "");
  ASSERT_EQ(error_of(kAddUserToGroup, {.group_name = "g", .user_name = "u"}), "");
  ASSERT_EQ(
      error_of(kPutUserPolicy, {.user_name = "u", .policy_name = "p", .policy_document = kPolicy}),
      "");
  ASSERT_EQ(error_of(kAttachUserPolicy, {.user_name = "u", .policy_arn = kAdmin}), "");
  ASSERT_EQ(error_of(kCreatePolicy, {.policy_name = "own", .policy_document = kPolicy}), "");
  auto all = call(kGetAccountAuthorizationDetails, {});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->user_detail_list->size(), 1u);
  const auto& user = all->user_detail_list->front();
  EXPECT_EQ(user.group_list->front(), "g");
  EXPECT_EQ(user.user_policy_list->front().policy_document, percent_encode(kPolicy));
  EXPECT_EQ(user.attached_managed_policies->front().policy_arn, kAdmin);
  EXPECT_EQ(all->group_detail_list->size(), 1u);
  EXPECT_EQ(all->role_detail_list->front().assume_role_policy_document, percent_encode(kTrust));
  ASSERT_EQ(all->policies->size(), 2u);
  EXPECT_EQ(all->policies->front().policy_version_list->front().document, percent_encode(kPolicy));
  auto page = call(kGetAccountAuthorizationDetails, {.max_items = 2});
  EXPECT_EQ(page->is_truncated, true);
  page = call(kGetAccountAuthorizationDetails, {.marker = page->marker});
  EXPECT_EQ(page->role_detail_list->size(), 1u);
  EXPECT_TRUE(page->user_detail_list->empty());
  EXPECT_EQ(page->policies->size(), 2u);
  page = call(kGetAccountAuthorizationDetails, {.filter = {{"Role"}}});
  EXPECT_TRUE(page->user_detail_list->empty());
  EXPECT_EQ(page->role_detail_list->size(), 1u);
}

TEST_F(AccountOperations, an_instance_profile_holds_one_role) {
  ASSERT_EQ(create_role("r"), "");
  EXPECT_EQ(error_of(kCreateInstanceProfile, {.instance_profile_name = "p"}), "");
  EXPECT_EQ(error_of(kCreateInstanceProfile, {.instance_profile_name = "P"}),
            "EntityAlreadyExists: Instance Profile P already exists.");
  EXPECT_EQ(error_of(kAddRoleToInstanceProfile, {.instance_profile_name = "p", .role_name = "r"}),
            "");
  EXPECT_EQ(error_of(kAddRoleToInstanceProfile, {.instance_profile_name = "p", .role_name = "r"}),
            "LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
  auto found = call(kGetInstanceProfile, {.instance_profile_name = "p"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->instance_profile->roles->front().role_name, "r");
  EXPECT_EQ(call(kListInstanceProfiles, {})->instance_profiles->size(), 1u);
  EXPECT_EQ(call(kListInstanceProfilesForRole, {.role_name = "r"})->instance_profiles->size(), 1u);
  EXPECT_EQ(error_of(kDeleteRole, {.role_name = "r"}),
            "DeleteConflict: Cannot delete entity, must remove roles from instance profile first.");
  EXPECT_EQ(error_of(kDeleteInstanceProfile, {.instance_profile_name = "p"}),
            "DeleteConflict: Cannot delete entity, must remove roles from instance profile first.");
  EXPECT_EQ(
      error_of(kRemoveRoleFromInstanceProfile, {.instance_profile_name = "p", .role_name = "r"}),
      "");
  EXPECT_EQ(error_of(kDeleteRole, {.role_name = "r"}), "");
  EXPECT_EQ(error_of(kDeleteInstanceProfile, {.instance_profile_name = "p"}), "");
  EXPECT_EQ(error_of(kGetInstanceProfile, {.instance_profile_name = "p"}),
            "NoSuchEntity: Instance Profile p cannot be found.");
}

TEST_F(AccountOperations, simulations_decide_without_asking) {
  gen::iam::SimulateCustomPolicy::Input custom;
  custom.policy_input_list = {{kPolicy}};
  custom.action_names = {{"s3:GetObject", "sqs:SendMessage"}};
  custom.max_items = 1;
  auto page = call(kSimulateCustomPolicy, custom);
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->evaluation_results->size(), 1u);
  EXPECT_EQ(page->evaluation_results->front().eval_decision, "allowed");
  EXPECT_EQ(page->evaluation_results->front().matched_statements->size(), 1u);
  custom.marker = page->marker;
  page = call(kSimulateCustomPolicy, custom);
  ASSERT_EQ(page->evaluation_results->size(), 1u);
  EXPECT_EQ(page->evaluation_results->front().eval_decision, "implicitDeny");
  EXPECT_EQ(page->is_truncated, false);

  ASSERT_EQ(error_of(kCreateUser, {.user_name = "u"}), "");
  ASSERT_EQ(error_of(kCreateGroup, {.group_name = "g"}), "");
  ASSERT_EQ(error_of(kAddUserToGroup, {.group_name = "g", .user_name = "u"}), "");
  ASSERT_EQ(error_of(kAttachGroupPolicy, {.group_name = "g", .policy_arn = kAdmin}), "");
  gen::iam::SimulatePrincipalPolicy::Input of_user;
  of_user.policy_source_arn = "arn:aws:iam::123456789012:user/u";
  of_user.action_names = {{"sqs:SendMessage"}};
  auto result = call(kSimulatePrincipalPolicy, of_user);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->evaluation_results->front().eval_decision, "allowed");
  of_user.permissions_boundary_policy_input_list = {{kPolicy}};
  result = call(kSimulatePrincipalPolicy, of_user);
  ASSERT_TRUE(result);
  const auto& bounded = result->evaluation_results->front();
  EXPECT_EQ(bounded.eval_decision, "implicitDeny");
  EXPECT_EQ(bounded.permissions_boundary_decision_detail->allowed_by_permissions_boundary, false);
  of_user.policy_source_arn = "arn:aws:iam::123456789012:user/none";
  EXPECT_EQ(error_of(kSimulatePrincipalPolicy, of_user),
            "NoSuchEntity: Entity arn:aws:iam::123456789012:user/none does not exist.");
}

TEST_F(AccountOperations, roles_of_a_service_are_its_own) {
  auto made = call(kCreateServiceLinkedRole, {.aws_service_name = "lambda.amazonaws.com"});
  ASSERT_TRUE(made) << made.error().message;
  const std::string name = "AWSServiceRoleForLambda";
  EXPECT_EQ(made->role->arn,
            "arn:aws:iam::123456789012:role/aws-service-role/lambda.amazonaws.com/" + name);
  EXPECT_EQ(error_of(kCreateServiceLinkedRole, {.aws_service_name = "lambda.amazonaws.com"}),
            "InvalidInput: Service role name AWSServiceRoleForLambda has been taken in this "
            "account, please try a different suffix.");
  const std::string refused =
      "UnmodifiableEntity: Cannot perform the operation on the protected role "
      "'AWSServiceRoleForLambda' - this role is only modifiable by AWS";
  EXPECT_EQ(error_of(kAttachRolePolicy, {.role_name = name, .policy_arn = kAdmin}), refused);
  EXPECT_EQ(error_of(kDeleteRole, {.role_name = name}), refused);
  auto task = call(kDeleteServiceLinkedRole, {.role_name = name});
  ASSERT_TRUE(task);
  auto status =
      call(kGetServiceLinkedRoleDeletionStatus, {.deletion_task_id = task->deletion_task_id});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->status, "SUCCEEDED");
  EXPECT_EQ(error_of(kDeleteServiceLinkedRole, {.role_name = name}),
            "NoSuchEntity: The role with name AWSServiceRoleForLambda cannot be found.");
}

}  // namespace
}  // namespace kiln::iam_api
