// SPDX-License-Identifier: Apache-2.0
#include "iam/keys.h"
#include "iam/records.h"
#include "iam/store_role_directory.h"
#include "iam/test_store.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

constexpr const char* kArn = "arn:aws:iam::123456789012:role/service-role/Worker";

class Roles : public testing::Test {
 protected:
  TestStore t_;
  StoreRoleDirectory serve_{t_.store(), t_.loop, false};
  StoreRoleDirectory dev_{t_.store(), t_.loop, true};

  void put(std::string service) {
    RoleRecord role;
    role.name = "Worker";
    role.path = "/service-role/";
    role.id = "AROAX";
    role.trust_policy = R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole",)"
                        R"("Principal":{"Service":")" +
                        service + "\"}}}";
    ASSERT_TRUE(t_.run(
        t_.store().commit(store::Batch().put(keys::role("123456789012", "Worker"), encode(role)))));
  }
  std::optional<PassRoleAnswer> pass(RoleDirectory& directory, std::string arn = kArn) {
    auto answer = t_.run(directory.can_pass_to(std::move(arn), "lambda.amazonaws.com"));
    return answer ? std::optional(*answer) : std::nullopt;
  }
};

TEST_F(Roles, trust_decides) {
  EXPECT_EQ(pass(serve_), PassRoleAnswer::kNotFound);
  put("lambda.amazonaws.com");
  EXPECT_EQ(pass(serve_), PassRoleAnswer::kOk);
  EXPECT_EQ(pass(serve_, "arn:aws:iam::123456789012:role/Worker"), PassRoleAnswer::kNotFound);
}

TEST_F(Roles, other_services_are_not_trusted) {
  put("ec2.amazonaws.com");
  EXPECT_EQ(pass(serve_), PassRoleAnswer::kNotTrusted);
}

TEST_F(Roles, dev_takes_any_well_formed_arn) {
  EXPECT_EQ(pass(dev_), PassRoleAnswer::kOk);
  EXPECT_EQ(pass(dev_, "arn:aws:iam::123456789012:user/x"), PassRoleAnswer::kNotFound);
  EXPECT_EQ(pass(dev_, "role"), PassRoleAnswer::kNotFound);
}

TEST_F(Roles, find_role_answers_its_id) {
  put("lambda.amazonaws.com");
  auto found = t_.run(serve_.find_role(kArn));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->role_id, "AROAX");
  EXPECT_FALSE(*t_.run(serve_.find_role("arn:aws:iam::999999999999:role/service-role/Worker")));
}

TEST(ParseRoleArn, splits_path_and_name) {
  auto arn = parse_role_arn(kArn);
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->path, "/service-role/");
  EXPECT_EQ(arn->name, "Worker");
  EXPECT_FALSE(parse_role_arn("arn:aws:iam::1:role/x"));
  EXPECT_FALSE(parse_role_arn("arn:aws:iam::123456789012:role/"));
  EXPECT_FALSE(parse_role_arn("arn:aws:iam::123456789012:role/a b"));
}

}  // namespace
}  // namespace kiln::iam
