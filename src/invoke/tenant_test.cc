// SPDX-License-Identifier: Apache-2.0
#include "invoke/tenant.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

TEST(Tenant, is_named_where_environments_are_kept_apart_and_nowhere_else) {
  lambda::FunctionVersion isolated;
  isolated.tenant_isolation = true;
  EXPECT_TRUE(check_tenant(isolated, "blue"));
  EXPECT_TRUE(check_tenant({}, ""));
  const auto missing = check_tenant(isolated, "");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "InvalidParameterValueException");
  EXPECT_TRUE(missing.error().message.contains("Add a valid tenant ID"));
  const auto unwanted = check_tenant({}, "blue");
  ASSERT_FALSE(unwanted);
  EXPECT_TRUE(unwanted.error().message.contains("Remove the tenant ID"));
}

}  // namespace
}  // namespace kiln::invoke
