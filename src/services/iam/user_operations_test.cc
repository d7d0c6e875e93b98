// SPDX-License-Identifier: Apache-2.0
#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/iam/add_user_to_group.h"
#include "gen/iam/attach_user_policy.h"
#include "gen/iam/create_access_key.h"
#include "gen/iam/create_group.h"
#include "gen/iam/create_policy.h"
#include "gen/iam/create_user.h"
#include "gen/iam/delete_access_key.h"
#include "gen/iam/delete_policy.h"
#include "gen/iam/delete_user.h"
#include "gen/iam/delete_user_permissions_boundary.h"
#include "gen/iam/delete_user_policy.h"
#include "gen/iam/detach_user_policy.h"
#include "gen/iam/get_access_key_last_used.h"
#include "gen/iam/get_group.h"
#include "gen/iam/get_policy.h"
#include "gen/iam/get_user.h"
#include "gen/iam/get_user_policy.h"
#include "gen/iam/list_access_keys.h"
#include "gen/iam/list_entities_for_policy.h"
#include "gen/iam/list_groups_for_user.h"
#include "gen/iam/list_user_tags.h"
#include "gen/iam/list_users.h"
#include "gen/iam/put_user_permissions_boundary.h"
#include "gen/iam/put_user_policy.h"
#include "gen/iam/remove_user_from_group.h"
#include "gen/iam/tag_user.h"
#include "gen/iam/untag_user.h"
#include "gen/iam/update_access_key.h"
#include "gen/iam/update_user.h"
#include "services/iam/operations_fixture.h"

namespace kiln::iam_api {

extern const aws::Operation<gen::iam::AddUserToGroup, Service> kAddUserToGroup;
extern const aws::Operation<gen::iam::AttachUserPolicy, Service> kAttachUserPolicy;
extern const aws::Operation<gen::iam::CreateAccessKey, Service> kCreateAccessKey;
extern const aws::Operation<gen::iam::CreateGroup, Service> kCreateGroup;
extern const aws::Operation<gen::iam::CreatePolicy, Service> kCreatePolicy;
extern const aws::Operation<gen::iam::CreateUser, Service> kCreateUser;
extern const aws::Operation<gen::iam::DeleteAccessKey, Service> kDeleteAccessKey;
extern const aws::Operation<gen::iam::DeletePolicy, Service> kDeletePolicy;
extern const aws::Operation<gen::iam::DeleteUser, Service> kDeleteUser;
extern const aws::Operation<gen::iam::DeleteUserPermissionsBoundary, Service>
    kDeleteUserPermissionsBoundary;
extern const aws::Operation<gen::iam::DeleteUserPolicy, Service> kDeleteUserPolicy;
extern const aws::Operation<gen::iam::DetachUserPolicy, Service> kDetachUserPolicy;
extern const aws::Operation<gen::iam::GetAccessKeyLastUsed, Service> kGetAccessKeyLastUsed;
extern const aws::Operation<gen::iam::GetGroup, Service> kGetGroup;
extern const aws::Operation<gen::iam::GetPolicy, Service> kGetPolicy;
extern const aws::Operation<gen::iam::GetUser, Service> kGetUser;
extern const aws::Operation<gen::iam::GetUserPolicy, Service> kGetUserPolicy;
extern const aws::Operation<gen::iam::ListAccessKeys, Service> kListAccessKeys;
extern const aws::Operation<gen::iam::ListEntitiesForPolicy, Service> kListEntitiesForPolicy;
extern const aws::Operation<gen::iam::ListGroupsForUser, Service> kListGroupsForUser;
extern const aws::Operation<gen::iam::ListUserTags, Service> kListUserTags;
extern const aws::Operation<gen::iam::ListUsers, Service> kListUsers;
extern const aws::Operation<gen::iam::PutUserPermissionsBoundary, Service>
    kPutUserPermissionsBoundary;
extern const aws::Operation<gen::iam::PutUserPolicy, Service> kPutUserPolicy;
extern const aws::Operation<gen::iam::RemoveUserFromGroup, Service> kRemoveUserFromGroup;
extern const aws::Operation<gen::iam::TagUser, Service> kTagUser;
extern const aws::Operation<gen::iam::UntagUser, Service> kUntagUser;
extern const aws::Operation<gen::iam::UpdateAccessKey, Service> kUpdateAccessKey;
extern const aws::Operation<gen::iam::UpdateUser, Service> kUpdateUser;

namespace {

constexpr const char* kAdmin = "arn:aws:iam::aws:policy/AdministratorAccess";

class UserOperations : public Operations {
 protected:
  std::string create(std::string name, std::string path = "/") {
    return error_of(kCreateUser, {.path = std::move(path), .user_name = std::move(name)});
  }
  gen::iam::AccessKey key_of(std::optional<std::string> user = {}) {
    auto made = call(kCreateAccessKey, {.user_name = std::move(user)});
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made->access_key : gen::iam::AccessKey{};
  }
};

TEST_F(UserOperations, a_user_is_created_read_and_deleted) {
  auto made = call(kCreateUser, {.path = "/a/",
                                 .user_name = "Ann",
                                 .permissions_boundary = kAdmin,
                                 .tags = {{{.key = "k", .value = "v"}}}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->user->arn, "arn:aws:iam::123456789012:user/a/Ann");
  EXPECT_TRUE(made->user->user_id->starts_with("AIDA"));
  EXPECT_EQ(made->user->create_date, t_.now);
  auto found = call(kGetUser, {.user_name = "ann"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user->user_name, "Ann");
  EXPECT_EQ(found->user->tags->front().value, "v");
  EXPECT_EQ(found->user->permissions_boundary->permissions_boundary_arn, kAdmin);
  EXPECT_EQ(create("ANN"), "EntityAlreadyExists: User with name ANN already exists.");
  EXPECT_EQ(error_of(kDeleteUser, {.user_name = "ann"}), "");
  EXPECT_EQ(error_of(kGetUser, {.user_name = "Ann"}),
            "NoSuchEntity: The user with name Ann cannot be found.");
}

TEST_F(UserOperations, without_a_name_the_caller_is_meant) {
  auto self = call(kGetUser, {});
  ASSERT_TRUE(self);
  EXPECT_EQ(self->user->arn, "arn:aws:iam::123456789012:root");
  EXPECT_EQ(self->user->user_id, "123456789012");
  ASSERT_EQ(create("u", "/p/"), "");
  caller_ = user("p/u");
  self = call(kGetUser, {});
  ASSERT_TRUE(self);
  EXPECT_EQ(self->user->user_name, "u");
  EXPECT_EQ(key_of().user_name, "u");
  caller_.kind = aws::Principal::Kind::kAssumedRole;
  EXPECT_EQ(error_of(kGetUser, {}),
            "ValidationError: Must specify userName when calling with non-User credentials");
}

TEST_F(UserOperations, a_renamed_user_keeps_everything) {
  ASSERT_EQ(create("old"), "");
  ASSERT_EQ(create("other"), "");
  const auto id = call(kGetUser, {.user_name = "old"})->user->user_id;
  ASSERT_EQ(error_of(kAttachUserPolicy, {.user_name = "old", .policy_arn = kAdmin}), "");
  ASSERT_EQ(error_of(kPutUserPolicy,
                     {.user_name = "old", .policy_name = "p", .policy_document = kPolicy}),
            "");
  ASSERT_EQ(error_of(kCreateGroup, {.group_name = "g"}), "");
  ASSERT_EQ(error_of(kAddUserToGroup, {.group_name = "g", .user_name = "old"}), "");
  const auto key = key_of("old");
  EXPECT_EQ(error_of(kUpdateUser, {.user_name = "old", .new_user_name = "OTHER"}),
            "EntityAlreadyExists: User with name OTHER already exists.");
  EXPECT_EQ(error_of(kUpdateUser, {.user_name = "old", .new_path = "/n/", .new_user_name = "New"}),
            "");
  EXPECT_EQ(error_of(kGetUser, {.user_name = "old"}),
            "NoSuchEntity: The user with name old cannot be found.");
  auto found = call(kGetUser, {.user_name = "new"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user->user_id, id);
  EXPECT_EQ(found->user->arn, "arn:aws:iam::123456789012:user/n/New");
  EXPECT_EQ(call(kGetUserPolicy, {.user_name = "New", .policy_name = "p"})->policy_document,
            percent_encode(kPolicy));
  EXPECT_EQ(call(kGetGroup, {.group_name = "g"})->users->front().user_name, "New");
  EXPECT_EQ(call(kListGroupsForUser, {.user_name = "New"})->groups->size(), 1u);
  EXPECT_EQ(call(kListAccessKeys, {.user_name = "New"})->access_key_metadata->front().access_key_id,
            key.access_key_id);
  EXPECT_EQ(call(kListEntitiesForPolicy, {.policy_arn = kAdmin})->policy_users->front().user_name,
            "New");
  auto row = t_.run(load_access_key(t_.store(), *key.access_key_id));
  ASSERT_TRUE(row && *row);
  EXPECT_EQ((*row)->record.user_name, "New");
  EXPECT_EQ((*row)->record.user_path, "/n/");
}

TEST_F(UserOperations, a_user_with_anything_is_not_deleted) {
  ASSERT_EQ(create("u"), "");
  ASSERT_EQ(error_of(kCreateGroup, {.group_name = "g"}), "");
  ASSERT_EQ(error_of(kAddUserToGroup, {.group_name = "g", .user_name = "u"}), "");
  const auto key = key_of("u");
  ASSERT_EQ(error_of(kAttachUserPolicy, {.user_name = "u", .policy_arn = kAdmin}), "");
  ASSERT_EQ(
      error_of(kPutUserPolicy, {.user_name = "u", .policy_name = "p", .policy_document = kPolicy}),
      "");
  const auto refused = [this] { return error_of(kDeleteUser, {.user_name = "u"}); };
  EXPECT_EQ(refused(), "DeleteConflict: Cannot delete entity, must remove users from group first.");
  EXPECT_EQ(error_of(kRemoveUserFromGroup, {.group_name = "g", .user_name = "u"}), "");
  EXPECT_EQ(refused(), "DeleteConflict: Cannot delete entity, must delete access keys first.");
  EXPECT_EQ(error_of(kDeleteAccessKey, {.user_name = "u", .access_key_id = key.access_key_id}), "");
  EXPECT_EQ(refused(), "DeleteConflict: Cannot delete entity, must detach all policies first.");
  EXPECT_EQ(error_of(kDetachUserPolicy, {.user_name = "u", .policy_arn = kAdmin}), "");
  EXPECT_EQ(refused(), "DeleteConflict: Cannot delete entity, must delete policies first.");
  EXPECT_EQ(error_of(kDeleteUserPolicy, {.user_name = "u", .policy_name = "p"}), "");
  EXPECT_EQ(refused(), "");
}

TEST_F(UserOperations, two_keys_a_user) {
  ASSERT_EQ(create("u"), "");
  const auto first = key_of("u");
  EXPECT_TRUE(first.access_key_id->starts_with("AKIA"));
  EXPECT_EQ(first.secret_access_key->size(), 40u);
  EXPECT_EQ(first.status, "Active");
  key_of("u");
  EXPECT_EQ(error_of(kCreateAccessKey, {.user_name = "u"}),
            "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2");
  EXPECT_EQ(
      error_of(kUpdateAccessKey,
               {.user_name = "u", .access_key_id = first.access_key_id, .status = "Inactive"}),
      "");
  auto keys = call(kListAccessKeys, {.user_name = "u"});
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->access_key_metadata->size(), 2u);
  int inactive = 0;
  for (const auto& key : *keys->access_key_metadata) inactive += key.status == "Inactive" ? 1 : 0;
  EXPECT_EQ(inactive, 1);
  EXPECT_EQ(call(kGetAccessKeyLastUsed, {.access_key_id = first.access_key_id})->user_name, "u");
}

TEST_F(UserOperations, keys_belong_to_one_user) {
  ASSERT_EQ(create("u"), "");
  ASSERT_EQ(create("v"), "");
  const auto key = key_of("u");
  const std::string missing =
      "NoSuchEntity: The Access Key with id " + *key.access_key_id + " cannot be found.";
  EXPECT_EQ(error_of(kDeleteAccessKey, {.user_name = "v", .access_key_id = key.access_key_id}),
            missing);
  EXPECT_EQ(error_of(kDeleteAccessKey, {.access_key_id = key.access_key_id}), missing);
  const auto roots = key_of();
  EXPECT_EQ(roots.user_name, "root");
  EXPECT_EQ(call(kListAccessKeys, {})->access_key_metadata->size(), 1u);
  EXPECT_EQ(error_of(kDeleteAccessKey, {.access_key_id = roots.access_key_id}), "");
  EXPECT_TRUE(error_of(kGetAccessKeyLastUsed, {.access_key_id = roots.access_key_id})
                  .starts_with("AccessDenied: "));
}

TEST_F(UserOperations, boundaries_are_counted_and_hold_their_policy) {
  auto policy = call(kCreatePolicy, {.policy_name = "b", .policy_document = kPolicy});
  ASSERT_TRUE(policy);
  const std::string arn = *policy->policy->arn;
  ASSERT_EQ(create("u"), "");
  EXPECT_EQ(
      error_of(kPutUserPermissionsBoundary,
               {.user_name = "u", .permissions_boundary = "arn:aws:iam::123456789012:policy/none"}),
      "NoSuchEntity: Scope ARN: arn:aws:iam::123456789012:policy/none does not exist or is "
      "not attachable.");
  EXPECT_EQ(error_of(kPutUserPermissionsBoundary, {.user_name = "u", .permissions_boundary = arn}),
            "");
  EXPECT_EQ(call(kGetPolicy, {.policy_arn = arn})->policy->permissions_boundary_usage_count, 1);
  auto users = call(kListEntitiesForPolicy,
                    {.policy_arn = arn, .policy_usage_filter = "PermissionsBoundary"});
  EXPECT_EQ(users->policy_users->size(), 1u);
  EXPECT_EQ(error_of(kDeletePolicy, {.policy_arn = arn}),
            "DeleteConflict: Cannot delete a policy attached to entities.");
  EXPECT_EQ(
      error_of(kPutUserPermissionsBoundary, {.user_name = "u", .permissions_boundary = kAdmin}),
      "");
  EXPECT_EQ(call(kGetPolicy, {.policy_arn = arn})->policy->permissions_boundary_usage_count, 0);
  EXPECT_EQ(error_of(kDeleteUserPermissionsBoundary, {.user_name = "u"}), "");
  EXPECT_FALSE(call(kGetUser, {.user_name = "u"})->user->permissions_boundary);
  EXPECT_EQ(error_of(kDeletePolicy, {.policy_arn = arn}), "");
}

TEST_F(UserOperations, tags_merge_without_case) {
  ASSERT_EQ(create("u"), "");
  EXPECT_EQ(error_of(kTagUser, {.user_name = "u", .tags = {{{.key = "a", .value = "1"}}}}), "");
  EXPECT_EQ(error_of(kTagUser, {.user_name = "u", .tags = {{{.key = "A", .value = "2"}}}}), "");
  EXPECT_EQ(call(kListUserTags, {.user_name = "u"})->tags->size(), 1u);
  EXPECT_EQ(error_of(kUntagUser, {.user_name = "u", .tag_keys = {{"a"}}}), "");
  EXPECT_TRUE(call(kListUserTags, {.user_name = "u"})->tags->empty());
}

TEST_F(UserOperations, lists_by_pages_and_path) {
  for (const char* name : {"c", "A", "b"}) ASSERT_EQ(create(name), "");
  ASSERT_EQ(create("d", "/p/"), "");
  auto page = call(kListUsers, {.max_items = 3});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->users->front().user_name, "A");
  EXPECT_EQ(page->is_truncated, true);
  page = call(kListUsers, {.marker = page->marker});
  ASSERT_EQ(page->users->size(), 1u);
  page = call(kListUsers, {.path_prefix = "/p/"});
  ASSERT_EQ(page->users->size(), 1u);
  EXPECT_EQ(page->users->front().user_name, "d");
}

}  // namespace
}  // namespace kiln::iam_api
