// SPDX-License-Identifier: Apache-2.0
#include "iam/managed_policies.h"

#include "iam/policy_document.h"

#include <gtest/gtest.h>

#include <set>

namespace kiln::iam {
namespace {

TEST(ManagedPolicies, every_document_is_a_valid_identity_policy) {
  std::set<std::string> arns, ids;
  for (const auto& policy : managed_policies()) {
    SCOPED_TRACE(policy.name);
    EXPECT_EQ(policy_fault(policy.document, PolicyKind::kIdentity), std::nullopt);
    EXPECT_TRUE(arns.insert(policy.arn()).second);
    EXPECT_TRUE(ids.insert(policy.id()).second);
    EXPECT_EQ(policy.id().size(), 21u);
    EXPECT_EQ(find_managed_policy(policy.arn()), &policy);
  }
}

TEST(ManagedPolicies, are_found_by_exact_arn) {
  const auto* basic =
      find_managed_policy("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
  ASSERT_TRUE(basic);
  EXPECT_EQ(basic->default_version, 1);
  EXPECT_FALSE(find_managed_policy("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole"));
  EXPECT_FALSE(find_managed_policy("arn:aws:iam::123456789012:policy/AdministratorAccess"));
}

}  // namespace
}  // namespace kiln::iam
