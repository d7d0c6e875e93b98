// SPDX-License-Identifier: Apache-2.0
#include "iam/observations.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

aws::Principal role(std::string name) {
  aws::Principal p;
  p.kind = aws::Principal::Kind::kAssumedRole;
  p.role_arn = "arn:aws:iam::123456789012:role/" + std::move(name);
  return p;
}

TEST(Observations, suggests_one_statement_for_the_same_resources) {
  Observations seen;
  const std::string queue = "arn:aws:sqs:us-east-1:123456789012:q";
  seen.note(role("a/R"), {"sqs:SendMessage", queue, {}}, true);
  seen.note(role("a/R"), {"sqs:ReceiveMessage", queue, {}}, false);
  seen.note(role("a/R"), {"sqs:ReceiveMessage", queue, {}}, false);
  seen.note(role("other"), {"s3:ListBucket", "arn:aws:s3:::b", {}}, true);
  const char* expected = R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "sqs:ReceiveMessage",
        "sqs:SendMessage"
      ],
      "Resource": "arn:aws:sqs:us-east-1:123456789012:q"
    }
  ]
}
)";
  EXPECT_EQ(seen.suggest("123456789012", "R"), expected);
  EXPECT_EQ(seen.suggest("123456789012", "arn:aws:iam::123456789012:role/a/R"), expected);
  EXPECT_EQ(seen.suggest("999999999999", "R"), "");
  EXPECT_EQ(seen.suggest("999999999999", "arn:aws:iam::123456789012:role/a/R"), "");
  EXPECT_EQ(seen.suggest("123456789012", "ther"), "");
}

TEST(Observations, keeps_the_service_a_role_was_passed_to) {
  Observations seen;
  seen.note(role("R"),
            {"iam:PassRole",
             "arn:aws:iam::123456789012:role/x",
             {{"iam:PassedToService", {"lambda.amazonaws.com"}}}},
            false);
  EXPECT_NE(seen.suggest("123456789012", "R").find("iam:PassedToService"), std::string::npos);
}

TEST(Observations, many_resources_of_one_kind_become_a_wildcard) {
  Observations seen;
  for (int i = 0; i < 30; ++i) {
    seen.note(role("R"), {"s3:GetObject", "arn:aws:s3:::b/in/" + std::to_string(i), {}}, true);
  }
  const auto text = seen.suggest("123456789012", "R");
  EXPECT_NE(text.find("\"arn:aws:s3:::b/in/*\""), std::string::npos);
  EXPECT_EQ(text.find("b/in/7"), std::string::npos);
}

TEST(Observations, a_log_group_is_written_as_policies_write_it) {
  Observations seen;
  seen.note(role("R"), {"logs:CreateLogGroup", "arn:aws:logs:r:1:log-group:g:log-stream:", {}},
            true);
  EXPECT_NE(seen.suggest("123456789012", "R").find("log-group:g:*"), std::string::npos);
}

TEST(Observations, bounded) {
  Observations seen({.principals = 2, .uses_per_principal = 2});
  for (int i = 0; i < 3; ++i) {
    seen.note(role("R"), {"s3:GetObject", std::to_string(i), {}}, true);
    seen.note(role("R" + std::to_string(i)), {"s3:GetObject", "x", {}}, true);
  }
  EXPECT_EQ(seen.dropped(), 3);
}

TEST(Observations, root_is_left_out) {
  Observations seen;
  aws::Principal root;
  root.kind = aws::Principal::Kind::kRoot;
  root.arn = "arn:aws:iam::123456789012:root";
  seen.note(root, {"s3:GetObject", "x", {}}, true);
  EXPECT_EQ(seen.suggest("123456789012", root.arn), "");
}

}  // namespace
}  // namespace kiln::iam
