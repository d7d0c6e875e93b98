// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/router.h"

#include <gtest/gtest.h>

namespace kiln::aws::protocol {
namespace {

constexpr OperationModel kLambdaOperations[] = {
    {.name = "ListFunctions", .http_method = "GET", .request_uri = "/2015-03-31/functions"},
    {.name = "GetFunction",
     .http_method = "GET",
     .request_uri = "/2015-03-31/functions/{FunctionName}"},
    {.name = "Get", .http_method = "GET", .request_uri = "/p/{FunctionName}/c"},
    {.name = "List", .http_method = "GET", .request_uri = "/p/{FunctionName}/c?List=ALL"},
    {.name = "ListTags", .http_method = "GET", .request_uri = "/2017-03-31/tags/{Resource}"},
    {.name = "Greedy", .http_method = "GET", .request_uri = "/g/{Key+}"}};
constexpr OperationModel kLogsOperations[] = {{.name = "PutLogEvents"}};
constexpr OperationModel kIamOperations[] = {{.name = "CreateRole"}};
constexpr ServiceModel kLambda{.id = "lambda",
                               .signing_name = "lambda",
                               .protocol = Protocol::kRestJson,
                               .operations = kLambdaOperations};
constexpr ServiceModel kLogs{.id = "logs",
                             .signing_name = "logs",
                             .target_prefix = "Logs_20140328",
                             .protocol = Protocol::kJson11,
                             .operations = kLogsOperations};
constexpr ServiceModel kIam{.id = "iam",
                            .signing_name = "iam",
                            .endpoint_prefix = "iam",
                            .api_version = "2010-05-08",
                            .protocol = Protocol::kQuery,
                            .operations = kIamOperations};

class RouterTest : public ::testing::Test {
 protected:
  Router router{{&kLambda, &kLogs, &kIam}};
  http::Headers headers;

  std::string name(std::string_view path, std::string_view query = "",
                   std::string_view scope = "lambda") {
    auto route = router.route("GET", path, query, headers, scope);
    if (!route) return "none";
    labels = route->uri_labels;
    return std::string(route->service->id) + ":" +
           std::string(route->operation ? route->operation->name : "?");
  }
  std::map<std::string, std::string> labels;
};

TEST_F(RouterTest, MatchesRestPathsWithAndWithoutASlashAtTheEnd) {
  EXPECT_EQ(name("/2015-03-31/functions"), "lambda:ListFunctions");
  EXPECT_EQ(name("/2015-03-31/functions/"), "lambda:ListFunctions");
}

TEST_F(RouterTest, DecodesLabels) {
  EXPECT_EQ(name("/2015-03-31/functions/arn%3Aaws%3Alambda"), "lambda:GetFunction");
  EXPECT_EQ(labels["FunctionName"], "arn:aws:lambda");
  EXPECT_EQ(name("/2017-03-31/tags/a%2Fb"), "lambda:ListTags");
  EXPECT_EQ(labels["Resource"], "a/b");
}

TEST_F(RouterTest, LetsAGreedyLabelTakeSlashes) {
  EXPECT_EQ(name("/g/a/b%20c/d"), "lambda:Greedy");
  EXPECT_EQ(labels["Key"], "a/b c/d");
}

TEST_F(RouterTest, PrefersTheTemplateWhoseQueryMatches) {
  EXPECT_EQ(name("/p/f/c", "List=ALL&MaxItems=1"), "lambda:List");
  EXPECT_EQ(name("/p/f/c", "Qualifier=1"), "lambda:Get");
}

TEST_F(RouterTest, NamesTheServiceOfASignedCallWithoutAnOperation) {
  EXPECT_EQ(name("/nothing/here"), "lambda:?");
  EXPECT_EQ(name("/2015-03-31/functions/%zz"), "lambda:?");
  EXPECT_EQ(name("/2015-03-31/functions//x"), "lambda:?");
}

TEST_F(RouterTest, FollowsTheTarget) {
  headers.add("X-Amz-Target", "Logs_20140328.PutLogEvents");
  EXPECT_EQ(name("/", "", "logs"), "logs:PutLogEvents");
}

TEST_F(RouterTest, NamesAnUnknownTargetOperationsService) {
  headers.add("X-Amz-Target", "Logs_20140328.Nope");
  EXPECT_EQ(name("/", "", "logs"), "logs:?");
}

TEST_F(RouterTest, FindsQueryServicesByScopeHostOrVersion) {
  EXPECT_EQ(name("/", "", "iam"), "iam:?");
  EXPECT_EQ(name("/", "Action=CreateRole&Version=2010-05-08", ""), "iam:CreateRole");
  headers.add("Host", "iam.amazonaws.com");
  EXPECT_EQ(name("/", "", ""), "iam:?");
  EXPECT_EQ(router.route_query(kIam, "Version=2010-05-08&Action=CreateRole").operation->name,
            "CreateRole");
  EXPECT_EQ(router.route_query(kIam, "Action=Nope").operation, nullptr);
}

TEST_F(RouterTest, ClaimsNothingForAStranger) { EXPECT_EQ(name("/x", "", "dynamodb"), "none"); }

}  // namespace
}  // namespace kiln::aws::protocol
