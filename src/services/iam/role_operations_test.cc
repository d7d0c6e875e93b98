// SPDX-License-Identifier: Apache-2.0
#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/iam/attach_role_policy.h"
#include "gen/iam/create_role.h"
#include "gen/iam/delete_role.h"
#include "gen/iam/delete_role_policy.h"
#include "gen/iam/detach_role_policy.h"
#include "gen/iam/get_role.h"
#include "gen/iam/get_role_policy.h"
#include "gen/iam/list_attached_role_policies.h"
#include "gen/iam/list_instance_profiles_for_role.h"
#include "gen/iam/list_role_policies.h"
#include "gen/iam/list_role_tags.h"
#include "gen/iam/list_roles.h"
#include "gen/iam/put_role_policy.h"
#include "gen/iam/tag_role.h"
#include "gen/iam/untag_role.h"
#include "gen/iam/update_assume_role_policy.h"
#include "gen/iam/update_role.h"
#include "gen/iam/update_role_description.h"
#include "services/iam/api/operations.h"
#include "services/iam/operations_fixture.h"

#include <algorithm>

namespace kiln::iam_api {

extern const aws::Operation<gen::iam::AttachRolePolicy, Service> kAttachRolePolicy;
extern const aws::Operation<gen::iam::CreateRole, Service> kCreateRole;
extern const aws::Operation<gen::iam::DeleteRole, Service> kDeleteRole;
extern const aws::Operation<gen::iam::DeleteRolePolicy, Service> kDeleteRolePolicy;
extern const aws::Operation<gen::iam::DetachRolePolicy, Service> kDetachRolePolicy;
extern const aws::Operation<gen::iam::GetRole, Service> kGetRole;
extern const aws::Operation<gen::iam::GetRolePolicy, Service> kGetRolePolicy;
extern const aws::Operation<gen::iam::ListAttachedRolePolicies, Service> kListAttachedRolePolicies;
extern const aws::Operation<gen::iam::ListInstanceProfilesForRole, Service>
    kListInstanceProfilesForRole;
extern const aws::Operation<gen::iam::ListRolePolicies, Service> kListRolePolicies;
extern const aws::Operation<gen::iam::ListRoleTags, Service> kListRoleTags;
extern const aws::Operation<gen::iam::ListRoles, Service> kListRoles;
extern const aws::Operation<gen::iam::PutRolePolicy, Service> kPutRolePolicy;
extern const aws::Operation<gen::iam::TagRole, Service> kTagRole;
extern const aws::Operation<gen::iam::UntagRole, Service> kUntagRole;
extern const aws::Operation<gen::iam::UpdateAssumeRolePolicy, Service> kUpdateAssumeRolePolicy;
extern const aws::Operation<gen::iam::UpdateRole, Service> kUpdateRole;
extern const aws::Operation<gen::iam::UpdateRoleDescription, Service> kUpdateRoleDescription;

namespace {

class RoleOperations : public Operations {
 protected:
  std::string create(std::string name, std::string path = "/") {
    gen::iam::CreateRole::Input in;
    in.role_name = std::move(name);
    in.path = std::move(path);
    in.assume_role_policy_document = kTrust;
    return error_of(kCreateRole, std::move(in));
  }
  gen::iam::Role get(std::string name) {
    auto found = call(kGetRole, {.role_name = std::move(name)});
    EXPECT_TRUE(found);
    return found ? *found->role : gen::iam::Role{};
  }
};

constexpr const char* kBasic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

TEST_F(RoleOperations, create_answers_the_role_with_its_document_encoded) {
  gen::iam::CreateRole::Input in;
  in.role_name = "Worker";
  in.path = "/a/";
  in.assume_role_policy_document = kTrust;
  in.description = "d";
  in.tags = {{.key = "k", .value = "v"}};
  auto made = call(kCreateRole, in);
  ASSERT_TRUE(made) << made.error().message;
  const auto& role = *made->role;
  EXPECT_EQ(role.arn, "arn:aws:iam::123456789012:role/a/Worker");
  EXPECT_TRUE(role.role_id->starts_with("AROA"));
  EXPECT_EQ(role.create_date, t_.now);
  EXPECT_EQ(role.assume_role_policy_document, percent_encode(kTrust));
  EXPECT_EQ(role.tags->front().value, "v");
  const auto found = get("worker");
  EXPECT_EQ(found.role_name, "Worker");
  EXPECT_EQ(found.max_session_duration, 3600);
  EXPECT_EQ(found.description, "d");
}

TEST_F(RoleOperations, names_are_unique_without_case) {
  EXPECT_EQ(create("Worker"), "");
  EXPECT_EQ(create("WORKER"), "EntityAlreadyExists: Role with name WORKER already exists.");
  EXPECT_EQ(error_of(kGetRole, {.role_name = "x"}),
            "NoSuchEntity: The role with name x cannot be found.");
}

TEST_F(RoleOperations, create_refuses_bad_input) {
  gen::iam::CreateRole::Input in;
  in.role_name = "r";
  in.assume_role_policy_document = "{}";
  EXPECT_EQ(error_of(kCreateRole, in), "MalformedPolicyDocument: Syntax errors in policy.");
  in.assume_role_policy_document = kTrust;
  in.tags = {{.key = "k", .value = "v"}, {.key = "K", .value = "w"}};
  EXPECT_EQ(error_of(kCreateRole, in),
            "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case "
            "insensitive.");
  in.tags.reset();
  in.permissions_boundary = "arn:aws:iam::123456789012:role/x";
  EXPECT_EQ(error_of(kCreateRole, in),
            "ValidationError: Value (arn:aws:iam::123456789012:role/x) for parameter "
            "PermissionsBoundary is invalid.");
}

TEST_F(RoleOperations, lists_by_pages_and_path) {
  for (const char* name : {"c", "A", "b"}) ASSERT_EQ(create(name), "");
  ASSERT_EQ(create("d", "/p/"), "");
  gen::iam::ListRoles::Input in;
  in.max_items = 3;
  auto page = call(kListRoles, in);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->roles->size(), 3u);
  EXPECT_EQ(page->roles->front().role_name, "A");
  EXPECT_EQ(page->is_truncated, true);
  in.marker = page->marker;
  page = call(kListRoles, in);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->roles->size(), 1u);
  EXPECT_EQ(page->is_truncated, false);
  EXPECT_FALSE(page->marker);
  page = call(kListRoles, {.path_prefix = "/p/", .max_items = 1});
  ASSERT_EQ(page->roles->size(), 1u);
  EXPECT_EQ(page->roles->front().role_name, "d");
  EXPECT_EQ(error_of(kListRoles, {.marker = "?"}), "ValidationError: Invalid Marker.");
}

TEST_F(RoleOperations, updates_change_one_thing_each) {
  ASSERT_EQ(create("r"), "");
  EXPECT_EQ(
      error_of(kUpdateRole, {.role_name = "r", .description = "x", .max_session_duration = 7200}),
      "");
  EXPECT_EQ(get("r").max_session_duration, 7200);
  auto updated = call(kUpdateRoleDescription, {.role_name = "r", .description = "y"});
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->role->description, "y");
  const std::string other =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",)"
      R"("Principal":{"AWS":"*"}}})";
  EXPECT_EQ(error_of(kUpdateAssumeRolePolicy, {.role_name = "r", .policy_document = other}), "");
  EXPECT_EQ(get("r").assume_role_policy_document, percent_encode(other));
  EXPECT_EQ(error_of(kUpdateAssumeRolePolicy, {.role_name = "r", .policy_document = "x"}),
            "MalformedPolicyDocument: Syntax errors in policy.");
}

TEST_F(RoleOperations, tags_merge_without_case) {
  ASSERT_EQ(create("r"), "");
  EXPECT_EQ(
      error_of(kTagRole, {.role_name = "r",
                          .tags = {{{.key = "a", .value = "1"}, {.key = "b", .value = "2"}}}}),
      "");
  EXPECT_EQ(error_of(kTagRole, {.role_name = "r", .tags = {{{.key = "A", .value = "3"}}}}), "");
  auto tags = call(kListRoleTags, {.role_name = "r", .max_items = 1});
  ASSERT_TRUE(tags);
  ASSERT_EQ(tags->tags->size(), 1u);
  EXPECT_EQ(tags->tags->front().value, "3");
  EXPECT_EQ(tags->is_truncated, true);
  tags = call(kListRoleTags, {.role_name = "r", .marker = tags->marker});
  ASSERT_EQ(tags->tags->size(), 1u);
  EXPECT_EQ(tags->tags->front().key, "b");
  EXPECT_EQ(error_of(kUntagRole, {.role_name = "r", .tag_keys = {{"B", "none"}}}), "");
  tags = call(kListRoleTags, {.role_name = "r"});
  EXPECT_EQ(tags->tags->size(), 1u);
  EXPECT_TRUE(error_of(kTagRole, {.role_name = "r", .tags = {{{.key = "aws:x", .value = ""}}}})
                  .starts_with("InvalidInput: "));
}

TEST_F(RoleOperations, attaches_and_detaches_managed_policies) {
  ASSERT_EQ(create("r"), "");
  EXPECT_EQ(error_of(kAttachRolePolicy, {.role_name = "r", .policy_arn = kBasic}), "");
  EXPECT_EQ(error_of(kAttachRolePolicy, {.role_name = "r", .policy_arn = kBasic}), "");
  auto list = call(kListAttachedRolePolicies, {.role_name = "r"});
  ASSERT_TRUE(list);
  ASSERT_EQ(list->attached_policies->size(), 1u);
  EXPECT_EQ(list->attached_policies->front().policy_name, "AWSLambdaBasicExecutionRole");
  EXPECT_EQ(
      error_of(kAttachRolePolicy, {.role_name = "r", .policy_arn = "arn:aws:iam::aws:policy/None"}),
      "NoSuchEntity: Policy arn:aws:iam::aws:policy/None does not exist or is not "
      "attachable.");
  EXPECT_EQ(error_of(kAttachRolePolicy, {.role_name = "r", .policy_arn = "not-an-arn-at-all-0"}),
            "ValidationError: ARN not-an-arn-at-all-0 is not valid.");
  EXPECT_EQ(error_of(kDeleteRole, {.role_name = "r"}),
            "DeleteConflict: Cannot delete entity, must detach all policies first.");
  EXPECT_EQ(error_of(kDetachRolePolicy, {.role_name = "r", .policy_arn = kBasic}), "");
  EXPECT_EQ(error_of(kDetachRolePolicy, {.role_name = "r", .policy_arn = kBasic}),
            "NoSuchEntity: Policy " + std::string(kBasic) + " was not found.");
  EXPECT_EQ(error_of(kDeleteRole, {.role_name = "r"}), "");
  EXPECT_EQ(error_of(kDeleteRole, {.role_name = "r"}),
            "NoSuchEntity: The role with name r cannot be found.");
}

TEST_F(RoleOperations, a_role_holds_ten_managed_policies) {
  ASSERT_EQ(create("r"), "");
  int attached = 0;
  std::string last;
  for (const char* name : {"AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess",
                           "IAMFullAccess", "AWSLambda_FullAccess", "AmazonS3FullAccess",
                           "AmazonS3ReadOnlyAccess", "AmazonSQSFullAccess", "AmazonSNSFullAccess",
                           "AmazonKinesisFullAccess", "CloudWatchLogsFullAccess"}) {
    last =
        error_of(kAttachRolePolicy,
                 {.role_name = "r", .policy_arn = std::string("arn:aws:iam::aws:policy/") + name});
    attached += last.empty() ? 1 : 0;
  }
  EXPECT_EQ(attached, 10);
  EXPECT_EQ(last, "LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10");
}

TEST_F(RoleOperations, inline_policies_live_with_their_role) {
  ASSERT_EQ(create("r"), "");
  EXPECT_EQ(
      error_of(kPutRolePolicy, {.role_name = "r", .policy_name = "p", .policy_document = kPolicy}),
      "");
  auto text = call(kGetRolePolicy, {.role_name = "R", .policy_name = "p"});
  ASSERT_TRUE(text);
  EXPECT_EQ(text->policy_document, percent_encode(kPolicy));
  EXPECT_EQ(text->role_name, "r");
  auto names = call(kListRolePolicies, {.role_name = "r"});
  ASSERT_TRUE(names);
  EXPECT_EQ(*names->policy_names, std::vector<std::string>{"p"});
  EXPECT_EQ(error_of(kDeleteRole, {.role_name = "r"}),
            "DeleteConflict: Cannot delete entity, must delete policies first.");
  EXPECT_EQ(error_of(kDeleteRolePolicy, {.role_name = "r", .policy_name = "q"}),
            "NoSuchEntity: The role policy with name q cannot be found.");
  EXPECT_EQ(error_of(kDeleteRolePolicy, {.role_name = "r", .policy_name = "p"}), "");
  EXPECT_EQ(error_of(kGetRolePolicy, {.role_name = "r", .policy_name = "p"}),
            "NoSuchEntity: The role policy with name p cannot be found.");
}

TEST_F(RoleOperations, inline_policies_share_one_size) {
  ASSERT_EQ(create("r"), "");
  const std::string big =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":")" +
      ("arn:aws:s3:::" + std::string(6'000, 'b')) + "\"}}";
  EXPECT_EQ(
      error_of(kPutRolePolicy, {.role_name = "r", .policy_name = "p", .policy_document = big}), "");
  EXPECT_EQ(
      error_of(kPutRolePolicy, {.role_name = "r", .policy_name = "q", .policy_document = big}),
      "LimitExceeded: Maximum policy size of 10240 bytes exceeded for role r");
  EXPECT_EQ(
      error_of(kPutRolePolicy, {.role_name = "r", .policy_name = "p", .policy_document = big}), "");
}

TEST_F(RoleOperations, instance_profiles_are_empty) {
  ASSERT_EQ(create("r"), "");
  auto list = call(kListInstanceProfilesForRole, {.role_name = "r"});
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->instance_profiles->empty());
  EXPECT_EQ(list->is_truncated, false);
}

TEST_F(RoleOperations, all_operations_are_registered_and_declare_their_action) {
  aws::Registry registry;
  register_operations(registry, service_);
  EXPECT_EQ(registry.size(), 95u);
  const auto* op = registry.find(gen::iam::CreateRole::service(), "CreateRole");
  ASSERT_TRUE(op);
  auto input = op->make_input();
  auto& in = *static_cast<gen::iam::CreateRole::Input*>(input.get());
  in.role_name = "r";
  in.path = "/p/";
  const auto asked = op->authorize(context("CreateRole"), input);
  EXPECT_EQ(asked.permissions.at(0).action, "iam:CreateRole");
  EXPECT_EQ(asked.permissions.at(0).resource, "arn:aws:iam::123456789012:role/p/r");
}

}  // namespace
}  // namespace kiln::iam_api
