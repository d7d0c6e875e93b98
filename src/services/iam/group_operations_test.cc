// SPDX-License-Identifier: Apache-2.0
#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/iam/add_user_to_group.h"
#include "gen/iam/attach_group_policy.h"
#include "gen/iam/create_group.h"
#include "gen/iam/create_user.h"
#include "gen/iam/delete_group.h"
#include "gen/iam/detach_group_policy.h"
#include "gen/iam/get_group.h"
#include "gen/iam/get_group_policy.h"
#include "gen/iam/list_attached_group_policies.h"
#include "gen/iam/list_entities_for_policy.h"
#include "gen/iam/list_group_policies.h"
#include "gen/iam/list_groups_for_user.h"
#include "gen/iam/put_group_policy.h"
#include "gen/iam/remove_user_from_group.h"
#include "gen/iam/update_group.h"
#include "services/iam/operations_fixture.h"

namespace kiln::iam_api {

extern const aws::Operation<gen::iam::AddUserToGroup, Service> kAddUserToGroup;
extern const aws::Operation<gen::iam::AttachGroupPolicy, Service> kAttachGroupPolicy;
extern const aws::Operation<gen::iam::CreateGroup, Service> kCreateGroup;
extern const aws::Operation<gen::iam::CreateUser, Service> kCreateUser;
extern const aws::Operation<gen::iam::DeleteGroup, Service> kDeleteGroup;
extern const aws::Operation<gen::iam::DetachGroupPolicy, Service> kDetachGroupPolicy;
extern const aws::Operation<gen::iam::GetGroup, Service> kGetGroup;
extern const aws::Operation<gen::iam::GetGroupPolicy, Service> kGetGroupPolicy;
extern const aws::Operation<gen::iam::ListAttachedGroupPolicies, Service>
    kListAttachedGroupPolicies;
extern const aws::Operation<gen::iam::ListEntitiesForPolicy, Service> kListEntitiesForPolicy;
extern const aws::Operation<gen::iam::ListGroupPolicies, Service> kListGroupPolicies;
extern const aws::Operation<gen::iam::ListGroupsForUser, Service> kListGroupsForUser;
extern const aws::Operation<gen::iam::PutGroupPolicy, Service> kPutGroupPolicy;
extern const aws::Operation<gen::iam::RemoveUserFromGroup, Service> kRemoveUserFromGroup;
extern const aws::Operation<gen::iam::UpdateGroup, Service> kUpdateGroup;

namespace {

constexpr const char* kAdmin = "arn:aws:iam::aws:policy/AdministratorAccess";

class GroupOperations : public Operations {
 protected:
  void SetUp() override { ASSERT_EQ(error_of(kCreateGroup, {.group_name = "g"}), ""); }
  void join(std::string user) {
    ASSERT_EQ(error_of(kCreateUser, {.user_name = user}), "");
    ASSERT_EQ(error_of(kAddUserToGroup, {.group_name = "g", .user_name = user}), "");
  }
};

TEST_F(GroupOperations, members_are_listed_by_name_and_page) {
  for (const char* name : {"c", "A", "b"}) join(name);
  EXPECT_EQ(error_of(kAddUserToGroup, {.group_name = "g", .user_name = "a"}), "");
  auto page = call(kGetGroup, {.group_name = "G", .max_items = 2});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->group->arn, "arn:aws:iam::123456789012:group/g");
  EXPECT_TRUE(page->group->group_id->starts_with("AGPA"));
  ASSERT_EQ(page->users->size(), 2u);
  EXPECT_EQ(page->users->front().user_name, "A");
  page = call(kGetGroup, {.group_name = "g", .marker = page->marker});
  ASSERT_EQ(page->users->size(), 1u);
  EXPECT_EQ(page->users->front().user_name, "c");
  EXPECT_EQ(error_of(kRemoveUserFromGroup, {.group_name = "g", .user_name = "b"}), "");
  EXPECT_EQ(call(kGetGroup, {.group_name = "g"})->users->size(), 2u);
  EXPECT_EQ(error_of(kAddUserToGroup, {.group_name = "none", .user_name = "b"}),
            "NoSuchEntity: The group with name none cannot be found.");
  EXPECT_EQ(error_of(kAddUserToGroup, {.group_name = "g", .user_name = "none"}),
            "NoSuchEntity: The user with name none cannot be found.");
}

TEST_F(GroupOperations, a_user_is_in_ten_groups) {
  join("u");
  std::string last;
  for (int i = 0; i < 10 && last.empty(); ++i) {
    const std::string name = "g" + std::to_string(i);
    ASSERT_EQ(error_of(kCreateGroup, {.group_name = name}), "");
    last = error_of(kAddUserToGroup, {.group_name = name, .user_name = "u"});
  }
  EXPECT_EQ(last, "LimitExceeded: Cannot exceed quota for GroupsPerUser: 10");
  auto page = call(kListGroupsForUser, {.user_name = "u", .max_items = 4});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->groups->front().group_name, "g");
  EXPECT_EQ(page->groups->size(), 4u);
  EXPECT_EQ(call(kListGroupsForUser, {.user_name = "u", .marker = page->marker})->groups->size(),
            6u);
}

TEST_F(GroupOperations, a_renamed_group_keeps_everything) {
  join("u");
  ASSERT_EQ(error_of(kAttachGroupPolicy, {.group_name = "g", .policy_arn = kAdmin}), "");
  ASSERT_EQ(error_of(kPutGroupPolicy,
                     {.group_name = "g", .policy_name = "p", .policy_document = kPolicy}),
            "");
  EXPECT_EQ(error_of(kUpdateGroup, {.group_name = "g", .new_path = "/n/", .new_group_name = "N"}),
            "");
  EXPECT_EQ(call(kGetGroup, {.group_name = "n"})->users->size(), 1u);
  EXPECT_EQ(call(kListGroupsForUser, {.user_name = "u"})->groups->front().group_name, "N");
  EXPECT_EQ(call(kListGroupPolicies, {.group_name = "N"})->policy_names->front(), "p");
  EXPECT_EQ(call(kListAttachedGroupPolicies, {.group_name = "N"})->attached_policies->size(), 1u);
  auto entities = call(kListEntitiesForPolicy, {.policy_arn = kAdmin});
  EXPECT_EQ(entities->policy_groups->front().group_name, "N");
  EXPECT_EQ(error_of(kGetGroup, {.group_name = "g"}),
            "NoSuchEntity: The group with name g cannot be found.");
}

TEST_F(GroupOperations, a_group_with_anything_is_not_deleted) {
  join("u");
  ASSERT_EQ(error_of(kAttachGroupPolicy, {.group_name = "g", .policy_arn = kAdmin}), "");
  const auto refused = [this] { return error_of(kDeleteGroup, {.group_name = "g"}); };
  EXPECT_EQ(refused(), "DeleteConflict: Cannot delete entity, must remove users from group first.");
  ASSERT_EQ(error_of(kRemoveUserFromGroup, {.group_name = "g", .user_name = "u"}), "");
  EXPECT_EQ(refused(), "DeleteConflict: Cannot delete entity, must detach all policies first.");
  ASSERT_EQ(error_of(kDetachGroupPolicy, {.group_name = "g", .policy_arn = kAdmin}), "");
  EXPECT_EQ(refused(), "");
  EXPECT_EQ(refused(), "NoSuchEntity: The group with name g cannot be found.");
}

TEST_F(GroupOperations, inline_policies_of_a_group_have_their_size) {
  const std::string big =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":")" +
      ("arn:aws:s3:::" + std::string(6'000, 'b')) + "\"}}";
  EXPECT_EQ(
      error_of(kPutGroupPolicy, {.group_name = "g", .policy_name = "p", .policy_document = big}),
      "LimitExceeded: Maximum policy size of 5120 bytes exceeded for group g");
  EXPECT_EQ(error_of(kGetGroupPolicy, {.group_name = "g", .policy_name = "p"}),
            "NoSuchEntity: The group policy with name p cannot be found.");
}

}  // namespace
}  // namespace kiln::iam_api
