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

constexpr OperationModel kS3Operations[] = {
    {.name = "ListBuckets", .http_method = "GET", .request_uri = "/"},
    {.name = "ListObjects", .http_method = "GET", .request_uri = "/{Bucket}"},
    {.name = "GetBucketAcl", .http_method = "GET", .request_uri = "/{Bucket}?acl"},
    {.name = "ListObjectsV2", .http_method = "GET", .request_uri = "/{Bucket}?list-type=2"},
    {.name = "GetObject", .http_method = "GET", .request_uri = "/{Bucket}/{Key+}"},
    {.name = "ListParts",
     .http_method = "GET",
     .request_uri = "/{Bucket}/{Key+}",
     .required_query = "uploadId"},
    {.name = "PutObject", .http_method = "PUT", .request_uri = "/{Bucket}/{Key+}"},
    {.name = "CopyObject",
     .http_method = "PUT",
     .request_uri = "/{Bucket}/{Key+}",
     .required_header = "x-amz-copy-source"},
    {.name = "UploadPart",
     .http_method = "PUT",
     .request_uri = "/{Bucket}/{Key+}",
     .required_query = "partNumber&uploadId"},
    {.name = "UploadPartCopy",
     .http_method = "PUT",
     .request_uri = "/{Bucket}/{Key+}",
     .required_query = "partNumber&uploadId",
     .required_header = "x-amz-copy-source"}};
constexpr ServiceModel kS3{.id = "s3",
                           .signing_name = "s3",
                           .endpoint_prefix = "s3",
                           .protocol = Protocol::kRestXml,
                           .host_label = "Bucket",
                           .operations = kS3Operations};
constexpr Protocol kSqsAlso[] = {Protocol::kQuery};
constexpr OperationModel kSqsOperations[] = {{.name = "SendMessage"}};
constexpr ServiceModel kSqs{.id = "sqs",
                            .signing_name = "sqs",
                            .endpoint_prefix = "sqs",
                            .target_prefix = "AmazonSQS",
                            .api_version = "2012-11-05",
                            .protocol = Protocol::kJson10,
                            .also = kSqsAlso,
                            .path_member = "QueueUrl",
                            .operations = kSqsOperations};
constexpr Protocol kMetricsAlso[] = {Protocol::kJson10, Protocol::kQuery};
constexpr OperationModel kMetricsOperations[] = {{.name = "PutMetricData"}};
constexpr ServiceModel kMetrics{.id = "cloudwatch",
                                .signing_name = "monitoring",
                                .endpoint_prefix = "monitoring",
                                .target_prefix = "Granite",
                                .api_version = "2010-08-01",
                                .protocol = Protocol::kRpcV2Cbor,
                                .also = kMetricsAlso,
                                .operations = kMetricsOperations};

class SeveralProtocolsTest : public ::testing::Test {
 protected:
  Router router{{&kLambda, &kIam, &kS3, &kSqs, &kMetrics}};
  http::Headers headers;
  std::map<std::string, std::string> labels;

  std::string name(std::string_view method, std::string_view path, std::string_view query = "",
                   std::string_view scope = "s3") {
    auto route = router.route(method, path, query, headers, scope);
    if (!route) return "none";
    labels = route->uri_labels;
    protocol = route->protocol;
    return std::string(route->service->id) + ":" +
           std::string(route->operation ? route->operation->name : "?");
  }
  Protocol protocol{};
};

TEST_F(SeveralProtocolsTest, TellsOperationsOfOneUriApart) {
  EXPECT_EQ(name("GET", "/"), "s3:ListBuckets");
  EXPECT_EQ(name("GET", "/b/"), "s3:ListObjects");
  EXPECT_EQ(name("GET", "/b", "list-type=2&prefix=x"), "s3:ListObjectsV2");
  EXPECT_EQ(name("GET", "/b", "acl"), "s3:GetBucketAcl");
  EXPECT_EQ(name("GET", "/b/k"), "s3:GetObject");
  EXPECT_EQ(name("GET", "/b/k", "uploadId=1"), "s3:ListParts");
  EXPECT_EQ(name("PUT", "/b/k"), "s3:PutObject");
  EXPECT_EQ(name("PUT", "/b/k", "partNumber=1&uploadId=2"), "s3:UploadPart");
  headers.add("x-amz-copy-source", "a/b");
  EXPECT_EQ(name("PUT", "/b/k"), "s3:CopyObject");
  EXPECT_EQ(name("PUT", "/b/k", "partNumber=1&uploadId=2"), "s3:UploadPartCopy");
}

TEST_F(SeveralProtocolsTest, KeepsTheSlashesOfAKey) {
  EXPECT_EQ(name("GET", "/b//a//b/"), "s3:GetObject");
  EXPECT_EQ(labels["Key"], "/a//b/");
  EXPECT_EQ(name("GET", "/b//"), "s3:GetObject");
  EXPECT_EQ(labels["Key"], "/");
  EXPECT_EQ(name("GET", "/b/a+b%20c"), "s3:GetObject");
  EXPECT_EQ(labels["Key"], "a+b c");
}

TEST_F(SeveralProtocolsTest, TakesTheBucketFromTheHost) {
  for (const char* host :
       {"my.bucket.s3.localhost:4566", "my.bucket.s3.eu-west-1.localhost", "my.bucket.localhost",
        "my.bucket.s3.amazonaws.com", "My.Bucket.s3-eu-west-1.amazonaws.com",
        "my.bucket.s3.dualstack.eu-west-1.amazonaws.com"}) {
    headers.set("Host", host);
    EXPECT_EQ(name("GET", "/a/b"), "s3:GetObject") << host;
    EXPECT_EQ(labels["Bucket"], "my.bucket") << host;
    EXPECT_EQ(labels["Key"], "a/b") << host;
    EXPECT_EQ(name("GET", "/"), "s3:ListObjects") << host;
  }
  for (const char* host : {"s3.localhost", "s3.eu-west-1.localhost:1", "localhost", "127.0.0.1"}) {
    headers.set("Host", host);
    EXPECT_EQ(name("GET", "/b/k"), "s3:GetObject") << host;
    EXPECT_EQ(labels["Bucket"], "b") << host;
  }
}

TEST_F(SeveralProtocolsTest, LeavesHostsOfOthersAlone) {
  headers.set("Host", "abc.lambda-url.us-east-1.localhost");
  EXPECT_EQ(name("GET", "/2015-03-31/functions", "", ""), "lambda:ListFunctions");
  headers.set("Host", "fn.localhost");
  EXPECT_EQ(name("GET", "/2015-03-31/functions", "", "lambda"), "lambda:ListFunctions");
}

TEST_F(SeveralProtocolsTest, PicksTheProtocolByTheFormOfTheRequest) {
  EXPECT_EQ(name("POST", "/", "", "sqs"), "sqs:?");
  EXPECT_EQ(protocol, Protocol::kQuery);
  EXPECT_EQ(name("POST", "/000000000000/q", "Action=SendMessage", "sqs"), "sqs:SendMessage");
  EXPECT_EQ(protocol, Protocol::kQuery);
  EXPECT_EQ(labels["QueueUrl"], "/000000000000/q");
  headers.set("X-Amz-Target", "AmazonSQS.SendMessage");
  EXPECT_EQ(name("POST", "/", "", "sqs"), "sqs:SendMessage");
  EXPECT_EQ(protocol, Protocol::kJson10);
  headers.set("X-Amz-Target", "Granite.PutMetricData");
  EXPECT_EQ(name("POST", "/", "", "monitoring"), "cloudwatch:PutMetricData");
  EXPECT_EQ(protocol, Protocol::kJson10);
  headers.clear();
  headers.set("smithy-protocol", "rpc-v2-cbor");
  EXPECT_EQ(name("POST", "/service/Granite/operation/PutMetricData", "", "monitoring"),
            "cloudwatch:PutMetricData");
  EXPECT_EQ(protocol, Protocol::kRpcV2Cbor);
}

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
