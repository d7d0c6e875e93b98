// SPDX-License-Identifier: Apache-2.0
#include "iam/event_authorization.h"

#include "iam/keys.h"
#include "iam/policy_authorizer.h"
#include "iam/store_principal_policies.h"
#include "iam/test_store.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

constexpr const char* kQueue = "arn:aws:sqs:us-east-1:123456789012:q";
constexpr const char* kBucket = "arn:aws:s3:::b";
constexpr const char* kRole = "arn:aws:iam::123456789012:role/R";

class QueuePolicy final : public ResourcePolicies {
 public:
  std::string text;
  bool closed = false;
  Task<Result<std::optional<ResourcePolicy>>> find(std::string, std::string) override {
    if (text.empty()) co_return std::nullopt;
    co_return ResourcePolicy{.policy = text};
  }
  bool closed_to_others() const override { return closed; }
};

class Events : public testing::Test {
 protected:
  TestStore t_;
  Metrics metrics_;
  StorePrincipalPolicies principals_{t_.store()};
  QueuePolicy queue_;

  std::unique_ptr<PolicyAuthorizer> make(IamMode mode) {
    auto out = std::make_unique<PolicyAuthorizer>(t_.store(), t_.loop, principals_, metrics_, mode);
    out->add_resource_policies("sqs", queue_);
    return out;
  }
  Status ask(aws::TargetEvent event, IamMode mode = IamMode::kAudit) {
    const auto authorizer = make(mode);
    return t_.run(
        authorize_event(*authorizer, std::move(event), "sqs:SendMessage", kQueue, t_.now));
  }
  static aws::TargetEvent from_bucket(std::string arn = kBucket) {
    return {.service = "s3.amazonaws.com",
            .source_arn = std::move(arn),
            .source_account = "123456789012"};
  }
  void let_bucket_in() {
    queue_.text =
        R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage",)"
        R"("Resource":"arn:aws:sqs:us-east-1:123456789012:q",)"
        R"("Principal":{"Service":"s3.amazonaws.com"},"Condition":{)"
        R"("ArnLike":{"aws:SourceArn":"arn:aws:s3:::b"},)"
        R"("StringEquals":{"aws:SourceAccount":"123456789012"}}}})";
  }
  void make_role(std::string_view statement) {
    RoleRecord role;
    role.name = "R";
    role.id = "AROAR";
    role.inlines = {{"p", 2}};
    store::Batch batch;
    batch.put(keys::role("123456789012", "R"), encode(role));
    batch.put(keys::role_policy("123456789012", "R", "p"), std::string(statement));
    ASSERT_TRUE(t_.run(t_.store().commit(std::move(batch))));
  }
};

TEST_F(Events, of_a_service_pass_by_the_policy_of_their_target) {
  let_bucket_in();
  EXPECT_TRUE(ask(from_bucket()));
  EXPECT_TRUE(ask(from_bucket(), IamMode::kEnforce));
  EXPECT_FALSE(ask(from_bucket("arn:aws:s3:::other")));
  auto foreign = from_bucket();
  foreign.source_account = "999999999999";
  EXPECT_FALSE(ask(foreign));
  auto other_service = from_bucket();
  other_service.service = "sns.amazonaws.com";
  EXPECT_FALSE(ask(other_service));
}

TEST_F(Events, of_a_service_are_refused_in_audit_and_pass_in_off) {
  const auto refused = ask(from_bucket());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused.error().message,
            "User: s3.amazonaws.com is not authorized to perform: sqs:sendmessage on resource: "
            "arn:aws:sqs:us-east-1:123456789012:q because no resource-based policy allows the "
            "sqs:sendmessage action");
  EXPECT_TRUE(ask(from_bucket(), IamMode::kOff));
}

TEST_F(Events, with_a_role_pass_by_what_the_role_may_do) {
  make_role(R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage",)"
            R"("Resource":"*"}})");
  EXPECT_TRUE(ask({.role_arn = kRole}, IamMode::kEnforce));
  EXPECT_FALSE(ask({.role_arn = "arn:aws:iam::123456789012:role/other"}, IamMode::kEnforce));
  EXPECT_TRUE(ask({.role_arn = "arn:aws:iam::123456789012:role/other"}, IamMode::kAudit));
}

TEST_F(Events, need_a_sender) { EXPECT_FALSE(ask({}, IamMode::kOff)); }

TEST_F(Events, of_another_account_are_kept_out_of_closed_resources_in_audit) {
  const aws::TargetEvent foreign{.role_arn = "arn:aws:iam::999999999999:role/R"};
  EXPECT_TRUE(ask(foreign));
  queue_.closed = true;
  EXPECT_FALSE(ask(foreign));
}

}  // namespace
}  // namespace kiln::iam
