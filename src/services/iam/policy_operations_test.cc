// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"
#include "gen/iam/attach_role_policy.h"
#include "gen/iam/create_policy.h"
#include "gen/iam/create_policy_version.h"
#include "gen/iam/create_role.h"
#include "gen/iam/delete_policy.h"
#include "gen/iam/delete_policy_version.h"
#include "gen/iam/detach_role_policy.h"
#include "gen/iam/get_policy.h"
#include "gen/iam/get_policy_version.h"
#include "gen/iam/list_entities_for_policy.h"
#include "gen/iam/list_policies.h"
#include "gen/iam/list_policy_tags.h"
#include "gen/iam/list_policy_versions.h"
#include "gen/iam/set_default_policy_version.h"
#include "gen/iam/tag_policy.h"
#include "gen/iam/untag_policy.h"
#include "services/iam/operations_fixture.h"

#include <algorithm>

namespace kiln::iam_api {

extern const aws::Operation<gen::iam::AttachRolePolicy, Service> kAttachRolePolicy;
extern const aws::Operation<gen::iam::CreatePolicy, Service> kCreatePolicy;
extern const aws::Operation<gen::iam::CreatePolicyVersion, Service> kCreatePolicyVersion;
extern const aws::Operation<gen::iam::CreateRole, Service> kCreateRole;
extern const aws::Operation<gen::iam::DeletePolicy, Service> kDeletePolicy;
extern const aws::Operation<gen::iam::DeletePolicyVersion, Service> kDeletePolicyVersion;
extern const aws::Operation<gen::iam::DetachRolePolicy, Service> kDetachRolePolicy;
extern const aws::Operation<gen::iam::GetPolicy, Service> kGetPolicy;
extern const aws::Operation<gen::iam::GetPolicyVersion, Service> kGetPolicyVersion;
extern const aws::Operation<gen::iam::ListEntitiesForPolicy, Service> kListEntitiesForPolicy;
extern const aws::Operation<gen::iam::ListPolicies, Service> kListPolicies;
extern const aws::Operation<gen::iam::ListPolicyTags, Service> kListPolicyTags;
extern const aws::Operation<gen::iam::ListPolicyVersions, Service> kListPolicyVersions;
extern const aws::Operation<gen::iam::SetDefaultPolicyVersion, Service> kSetDefaultPolicyVersion;
extern const aws::Operation<gen::iam::TagPolicy, Service> kTagPolicy;
extern const aws::Operation<gen::iam::UntagPolicy, Service> kUntagPolicy;

namespace {

constexpr const char* kArn = "arn:aws:iam::123456789012:policy/p";
constexpr const char* kAdmin = "arn:aws:iam::aws:policy/AdministratorAccess";

class PolicyOperations : public Operations {
 protected:
  std::string create(std::string name) {
    return error_of(kCreatePolicy, {.policy_name = std::move(name), .policy_document = kPolicy});
  }
  std::string add_version(bool as_default = false) {
    return error_of(kCreatePolicyVersion,
                    {.policy_arn = kArn, .policy_document = kPolicy, .set_as_default = as_default});
  }
  std::string attach(const char* arn) {
    gen::iam::CreateRole::Input role;
    role.role_name = "r";
    role.assume_role_policy_document = kTrust;
    (void)call(kCreateRole, role);
    return error_of(kAttachRolePolicy, {.role_name = "r", .policy_arn = arn});
  }
};

TEST_F(PolicyOperations, create_and_get) {
  auto made = call(kCreatePolicy, {.policy_name = "p",
                                   .policy_document = kPolicy,
                                   .description = "d",
                                   .tags = {{{.key = "k", .value = "v"}}}});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->policy->arn, kArn);
  EXPECT_TRUE(made->policy->policy_id->starts_with("ANPA"));
  EXPECT_EQ(made->policy->default_version_id, "v1");
  auto found = call(kGetPolicy, {.policy_arn = kArn});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->policy->description, "d");
  EXPECT_EQ(found->policy->tags->front().key, "k");
  EXPECT_EQ(create("P"),
            "EntityAlreadyExists: A policy called P already exists. Duplicate names are not "
            "allowed.");
  EXPECT_EQ(error_of(kGetPolicy, {.policy_arn = "arn:aws:iam::123456789012:policy/x/p"}),
            "NoSuchEntity: Policy arn:aws:iam::123456789012:policy/x/p was not found.");
  EXPECT_EQ(error_of(kGetPolicy, {.policy_arn = "arn:aws:iam::999999999999:policy/p"}),
            "NoSuchEntity: Policy arn:aws:iam::999999999999:policy/p was not found.");
  EXPECT_EQ(error_of(kCreatePolicy, {.policy_name = "q", .policy_document = kTrust}),
            "MalformedPolicyDocument: Policy statement must contain resources.");
}

TEST_F(PolicyOperations, versions_count_up_to_five) {
  ASSERT_EQ(create("p"), "");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(add_version(i == 2), "");
  EXPECT_EQ(add_version(),
            "LimitExceeded: A managed policy can have up to 5 versions. Before you create a new "
            "version, you must delete an existing version.");
  auto list = call(kListPolicyVersions, {.policy_arn = kArn});
  ASSERT_TRUE(list);
  ASSERT_EQ(list->versions->size(), 5u);
  EXPECT_EQ(list->versions->front().version_id, "v5");
  EXPECT_EQ(list->versions->at(1).is_default_version, true);
  EXPECT_EQ(error_of(kDeletePolicyVersion, {.policy_arn = kArn, .version_id = "v4"}),
            "DeleteConflict: Cannot delete the default version of a policy.");
  EXPECT_EQ(error_of(kSetDefaultPolicyVersion, {.policy_arn = kArn, .version_id = "v2"}), "");
  EXPECT_EQ(error_of(kDeletePolicyVersion, {.policy_arn = kArn, .version_id = "v4"}), "");
  EXPECT_EQ(error_of(kGetPolicyVersion, {.policy_arn = kArn, .version_id = "v4"}),
            "NoSuchEntity: Policy " + std::string(kArn) +
                " version v4 does not exist or is not attachable.");
  auto text = call(kGetPolicyVersion, {.policy_arn = kArn, .version_id = "v2"});
  ASSERT_TRUE(text);
  EXPECT_EQ(text->policy_version->document, percent_encode(kPolicy));
  EXPECT_EQ(add_version(), "");
  list = call(kListPolicyVersions, {.policy_arn = kArn, .max_items = 2});
  EXPECT_EQ(list->versions->front().version_id, "v6");
  EXPECT_EQ(list->is_truncated, true);
  EXPECT_TRUE(error_of(kDeletePolicy, {.policy_arn = kArn})
                  .starts_with("DeleteConflict: This policy has more than one version."));
}

TEST_F(PolicyOperations, attached_policies_stay) {
  ASSERT_EQ(create("p"), "");
  ASSERT_EQ(attach(kArn), "");
  EXPECT_EQ(call(kGetPolicy, {.policy_arn = kArn})->policy->attachment_count, 1);
  EXPECT_EQ(error_of(kDeletePolicy, {.policy_arn = kArn}),
            "DeleteConflict: Cannot delete a policy attached to entities.");
  auto entities = call(kListEntitiesForPolicy, {.policy_arn = kArn});
  ASSERT_TRUE(entities);
  ASSERT_EQ(entities->policy_roles->size(), 1u);
  EXPECT_EQ(entities->policy_roles->front().role_name, "r");
  EXPECT_EQ(error_of(kDetachRolePolicy, {.role_name = "r", .policy_arn = kArn}), "");
  EXPECT_TRUE(call(kListEntitiesForPolicy, {.policy_arn = kArn})->policy_roles->empty());
  EXPECT_EQ(error_of(kDeletePolicy, {.policy_arn = kArn}), "");
  EXPECT_EQ(error_of(kGetPolicy, {.policy_arn = kArn}),
            "NoSuchEntity: Policy " + std::string(kArn) + " was not found.");
}

TEST_F(PolicyOperations, awss_policies_can_be_read_but_not_changed) {
  ASSERT_EQ(attach(kAdmin), "");
  auto found = call(kGetPolicy, {.policy_arn = kAdmin});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->policy->arn, kAdmin);
  EXPECT_EQ(found->policy->attachment_count, 1);
  auto text = call(kGetPolicyVersion, {.policy_arn = kAdmin, .version_id = "v1"});
  ASSERT_TRUE(text);
  EXPECT_TRUE(percent_decode(*text->policy_version->document)->find("\"*\"") != std::string::npos);
  EXPECT_EQ(error_of(kDeletePolicy, {.policy_arn = kAdmin}),
            "AccessDenied: User: arn:aws:iam::123456789012:root is not authorized to perform: "
            "iam:DeletePolicy on resource: policy " +
                std::string(kAdmin));
  EXPECT_TRUE(error_of(kTagPolicy, {.policy_arn = kAdmin, .tags = {{{.key = "a", .value = "b"}}}})
                  .starts_with("AccessDenied: "));
}

TEST_F(PolicyOperations, list_goes_through_own_then_awss) {
  ASSERT_EQ(create("z"), "");
  ASSERT_EQ(create("a"), "");
  std::vector<std::string> names;
  gen::iam::ListPolicies::Input in;
  in.max_items = 7;
  for (;;) {
    auto page = call(kListPolicies, in);
    ASSERT_TRUE(page);
    for (const auto& policy : *page->policies) names.push_back(*policy.policy_name);
    if (!*page->is_truncated) break;
    EXPECT_EQ(page->policies->size(), 7u);
    in.marker = page->marker;
  }
  EXPECT_GT(names.size(), 25u);
  EXPECT_EQ(names[0], "a");
  EXPECT_EQ(names[1], "z");
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  auto local = call(kListPolicies, {.scope = "Local"});
  EXPECT_EQ(local->policies->size(), 2u);
  auto attached = call(kListPolicies, {.only_attached = true});
  EXPECT_TRUE(attached->policies->empty());
  ASSERT_EQ(attach(kAdmin), "");
  attached = call(kListPolicies, {.scope = "AWS", .only_attached = true});
  ASSERT_EQ(attached->policies->size(), 1u);
  EXPECT_EQ(attached->policies->front().attachment_count, 1);
}

TEST_F(PolicyOperations, tags) {
  ASSERT_EQ(create("p"), "");
  EXPECT_EQ(error_of(kTagPolicy, {.policy_arn = kArn, .tags = {{{.key = "a", .value = "b"}}}}), "");
  auto tags = call(kListPolicyTags, {.policy_arn = kArn});
  ASSERT_TRUE(tags);
  EXPECT_EQ(tags->tags->size(), 1u);
  EXPECT_EQ(error_of(kUntagPolicy, {.policy_arn = kArn, .tag_keys = {{"A"}}}), "");
  EXPECT_TRUE(call(kListPolicyTags, {.policy_arn = kArn})->tags->empty());
}

}  // namespace
}  // namespace kiln::iam_api
