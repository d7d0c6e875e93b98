// SPDX-License-Identifier: Apache-2.0
#include "iam/denial.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

struct Row {
  const char* service;
  const char* action;
  const char* resource;
  Verdict verdict;
  bool cross_account;
  const char* code;
  int status;
  const char* message;
};

TEST(Denial, says_what_the_service_says) {
  const Verdict none{};
  const std::vector<Row> rows = {
      {"lambda", "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:1:function:f", none, false,
       "AccessDeniedException", 403,
       "User: arn:u is not authorized to perform: lambda:InvokeFunction on resource: "
       "arn:aws:lambda:us-east-1:1:function:f because no identity-based policy allows the "
       "lambda:InvokeFunction action"},
      {"lambda", "lambda:ListFunctions", "*", none, false, "AccessDeniedException", 403,
       "User: arn:u is not authorized to perform: lambda:ListFunctions on resource: * because no "
       "identity-based policy allows the lambda:ListFunctions action"},
      {"iam",
       "iam:ListRoles",
       "*",
       {.explicit_deny = true},
       false,
       "AccessDenied",
       403,
       "User: arn:u is not authorized to perform: iam:ListRoles with an explicit deny in an "
       "identity-based policy"},
      {"s3",
       "s3:GetObject",
       "arn:aws:s3:::b/k",
       {.by = PolicyType::kBoundary},
       false,
       "AccessDenied",
       403,
       "User: arn:u is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/k\" "
       "because no permissions boundary allows the s3:GetObject action"},
      {"s3", "s3:GetObject", "arn:aws:s3:::b/k", none, true, "AccessDenied", 403, "Access Denied"},
      {"sqs",
       "sqs:SendMessage",
       "arn:aws:sqs:us-east-1:1:q",
       {.by = PolicyType::kResource},
       true,
       "AccessDenied",
       403,
       "User: arn:u is not authorized to perform: sqs:sendmessage on resource: "
       "arn:aws:sqs:us-east-1:1:q because no resource-based policy allows the sqs:sendmessage "
       "action"},
      {"sns",
       "sns:Publish",
       "arn:t",
       {.explicit_deny = true, .by = PolicyType::kSession},
       false,
       "AuthorizationError",
       403,
       "User: arn:u is not authorized to perform: SNS:Publish on resource: arn:t with an explicit "
       "deny in a session policy"},
      {"dynamodb",
       "dynamodb:GetItem",
       "arn:t",
       {.explicit_deny = true, .by = PolicyType::kBoundary},
       false,
       "AccessDeniedException",
       400,
       "User: arn:u is not authorized to perform: dynamodb:GetItem on resource: arn:t with an "
       "explicit deny in a permissions boundary"},
      {"sts", "sts:AssumeRole", "arn:aws:iam::1:role/R", none, false, "AccessDenied", 403,
       "User: arn:u is not authorized to perform: sts:AssumeRole on resource: "
       "arn:aws:iam::1:role/R"},
  };
  for (const auto& row : rows) {
    aws::RequestContext context;
    context.service = row.service;
    context.principal.kind = aws::Principal::Kind::kUser;
    context.principal.arn = "arn:u";
    const auto error =
        denial(context, {row.action, row.resource, {}}, row.verdict, row.cross_account);
    EXPECT_EQ(error.code, row.code) << row.action;
    EXPECT_EQ(error.http_status, row.status) << row.action;
    EXPECT_EQ(error.message, row.message);
  }
}

TEST(MissingStatement, is_json_on_one_line) {
  EXPECT_EQ(missing_statement({"s3:GetObject", "arn:aws:s3:::b/a\"b", {}}),
            R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/a\"b"})");
  EXPECT_EQ(missing_statement(
                {"iam:PassRole", "arn:r", {{"iam:PassedToService", {"lambda.amazonaws.com"}}}}),
            R"({"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:r",)"
            R"("Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}})");
}

}  // namespace
}  // namespace kiln::iam
