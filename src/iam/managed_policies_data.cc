// SPDX-License-Identifier: Apache-2.0
// The documents of AWS managed policies that Kiln carries. ReadOnlyAccess and
// AmazonEventBridgeFullAccess hold only the services that Kiln serves.
#include "iam/managed_policies.h"

#include <array>

namespace kiln::iam {
namespace {

constexpr std::array<ManagedPolicy, 30> kPolicies = {{
    {"AWSLambdaBasicExecutionRole", "/service-role/",
     "Provides write permissions to CloudWatch Logs.", 1,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["logs:CreateLogGroup",
"logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}]})"},
    {"AWSLambdaDynamoDBExecutionRole", "/service-role/",
     "Provides list and read access to DynamoDB streams and write permissions to "
     "CloudWatch logs.",
     1,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
"dynamodb:ListStreams", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
"Resource": "*"}]})"},
    {"AWSLambdaExecute", "/", "Provides Put, Get access to S3 and full access to CloudWatch Logs.",
     1,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["logs:*"], "Resource":
"arn:aws:logs:*:*:*"}, {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
"Resource": "arn:aws:s3:::*"}]})"},
    {"AWSLambdaInvocation-DynamoDB", "/", "Provides read access to DynamoDB Streams.", 1,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
["lambda:InvokeFunction"], "Resource": "*"}, {"Effect": "Allow", "Action":
["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
"dynamodb:ListStreams"], "Resource": "*"}]})"},
    {"AWSLambdaKinesisExecutionRole", "/service-role/",
     "Provides list and read access to Kinesis streams and write permissions to CloudWatch"
     " logs.",
     2,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
"kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams",
"kinesis:SubscribeToShard", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
"Resource": "*"}]})"},
    {"AWSLambdaRole", "/service-role/", "Default policy for AWS Lambda service role.", 1,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
["lambda:InvokeFunction"], "Resource": "*"}]})"},
    {"AWSLambdaSQSQueueExecutionRole", "/service-role/",
     "Provides receive message, delete message, and read attribute access to SQS queues, "
     "and write permissions to CloudWatch logs.",
     1,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:ReceiveMessage",
"sqs:DeleteMessage", "sqs:GetQueueAttributes", "logs:CreateLogGroup", "logs:CreateLogStream",
"logs:PutLogEvents"], "Resource": "*"}]})"},
    {"AWSLambdaVPCAccessExecutionRole", "/service-role/",
     "Provides minimum permissions for a Lambda function to execute while accessing a "
     "resource within a VPC - create, describe, delete network interfaces and write "
     "permissions to CloudWatch Logs.",
     3,
     R"({"Version": "2012-10-17", "Statement": [{"Sid": "AWSLambdaVPCAccessExecutionPermissions",
"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents",
"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"],
"Resource": "*"}]})"},
    {"AWSLambda_FullAccess", "/",
     "Grants full access to AWS Lambda service, AWS Lambda console features, and other "
     "related AWS services.",
     7,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
["cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudwatch:ListMetrics",
"cloudwatch:GetMetricData", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
"ec2:DescribeVpcs", "kms:DescribeKey", "kms:ListAliases", "iam:GetPolicy",
"iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
"iam:ListRolePolicies", "iam:ListRoles", "lambda:*", "logs:DescribeLogGroups",
"states:DescribeStateMachine", "states:ListStateMachines", "tag:GetResources",
"xray:GetTraceSummaries", "xray:BatchGetTraces"], "Resource": "*"}, {"Effect": "Allow", "Action":
"iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService":
"lambda.amazonaws.com"}}}, {"Effect": "Allow", "Action": ["logs:DescribeLogStreams",
"logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartLiveTail", "logs:StopLiveTail"],
"Resource": "arn:aws:logs:*:*:log-group:/aws/lambda/*"}, {"Effect": "Allow", "Action":
"iam:CreateServiceLinkedRole", "Resource":
"arn:aws:iam::*:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda", "Condition":
{"StringEquals": {"iam:AWSServiceName": "lambda.amazonaws.com"}}}]})"},
    {"AWSLambda_ReadOnlyAccess", "/",
     "Grants read-only access to AWS Lambda service, AWS Lambda console features, and "
     "other related AWS services.",
     5,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
["cloudformation:DescribeStacks", "cloudformation:ListStacks",
"cloudformation:ListStackResources", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics",
"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "kms:ListAliases",
"iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy",
"iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:ListRoles",
"logs:DescribeLogGroups", "lambda:Get*", "lambda:List*", "states:DescribeStateMachine",
"states:ListStateMachines", "tag:GetResources", "xray:GetTraceSummaries", "xray:BatchGetTraces"],
"Resource": "*"}, {"Effect": "Allow", "Action": ["logs:DescribeLogStreams", "logs:GetLogEvents",
"logs:FilterLogEvents", "logs:StartQuery", "logs:StopQuery", "logs:DescribeQueries",
"logs:GetLogGroupFields", "logs:GetLogRecord", "logs:GetQueryResults", "logs:StartLiveTail",
"logs:StopLiveTail"], "Resource": "arn:aws:logs:*:*:log-group:/aws/lambda/*"}]})"},
    {"AWSXRayDaemonWriteAccess", "/",
     "Allow the AWS X-Ray Daemon to relay raw trace segments data to the service's API and"
     " retrieve sampling data (rules, targets, etc.) to be used by the X-Ray SDK.",
     2,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules",
"xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"], "Resource": "*"}]})"},
    {"AdministratorAccess", "/", "Provides full access to AWS services and resources.", 1,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})"},
    {"AmazonAPIGatewayInvokeFullAccess", "/",
     "Provides full access to invoke APIs in Amazon API Gateway.", 2,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["execute-api:Invoke",
"execute-api:ManageConnections"], "Resource": "arn:aws:execute-api:*:*:*"}]})"},
    {"AmazonDynamoDBFullAccess", "/",
     "Provides full access to Amazon DynamoDB via the AWS Management Console.", 15,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["dynamodb:*", "dax:*",
"application-autoscaling:DeleteScalingPolicy",
"application-autoscaling:DeregisterScalableTarget",
"application-autoscaling:DescribeScalableTargets",
"application-autoscaling:DescribeScalingActivities",
"application-autoscaling:DescribeScalingPolicies", "application-autoscaling:PutScalingPolicy",
"application-autoscaling:RegisterScalableTarget", "cloudwatch:DeleteAlarms",
"cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms",
"cloudwatch:DescribeAlarmsForMetric", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics",
"cloudwatch:PutMetricAlarm", "cloudwatch:GetMetricData", "datapipeline:ActivatePipeline",
"datapipeline:CreatePipeline", "datapipeline:DeletePipeline", "datapipeline:DescribeObjects",
"datapipeline:DescribePipelines", "datapipeline:GetPipelineDefinition",
"datapipeline:ListPipelines", "datapipeline:PutPipelineDefinition", "datapipeline:QueryObjects",
"ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "iam:GetRole",
"iam:ListRoles", "kms:DescribeKey", "kms:ListAliases", "sns:CreateTopic", "sns:DeleteTopic",
"sns:ListSubscriptions", "sns:ListSubscriptionsByTopic", "sns:ListTopics", "sns:Subscribe",
"sns:Unsubscribe", "sns:SetTopicAttributes", "lambda:CreateFunction", "lambda:ListFunctions",
"lambda:ListEventSourceMappings", "lambda:CreateEventSourceMapping",
"lambda:DeleteEventSourceMapping", "lambda:GetFunctionConfiguration", "lambda:DeleteFunction",
"resource-groups:ListGroups", "resource-groups:ListGroupResources", "resource-groups:GetGroup",
"resource-groups:GetGroupQuery", "resource-groups:DeleteGroup", "resource-groups:CreateGroup",
"tag:GetResources", "kinesis:ListStreams", "kinesis:DescribeStream",
"kinesis:DescribeStreamSummary"], "Resource": "*"}, {"Effect": "Allow", "Action":
"cloudwatch:GetInsightRuleReport", "Resource":
"arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"}, {"Effect": "Allow",
"Action": ["iam:PassRole"], "Resource": "*", "Condition": {"StringLike": {"iam:PassedToService":
["application-autoscaling.amazonaws.com", "application-autoscaling.amazonaws.com.cn",
"dax.amazonaws.com"]}}}, {"Effect": "Allow", "Action": ["iam:CreateServiceLinkedRole"],
"Resource": "*", "Condition": {"StringEquals": {"iam:AWSServiceName":
["replication.dynamodb.amazonaws.com", "dax.amazonaws.com",
"dynamodb.application-autoscaling.amazonaws.com", "contributorinsights.dynamodb.amazonaws.com",
"kinesisreplication.dynamodb.amazonaws.com"]}}}]})"},
    {"AmazonDynamoDBReadOnlyAccess", "/",
     "Provides read only access to Amazon DynamoDB via the AWS Management Console.", 14,
     R"({"Version": "2012-10-17", "Statement": [{"Sid": "GeneralPermissions", "Effect": "Allow",
"Action": ["application-autoscaling:DescribeScalableTargets",
"application-autoscaling:DescribeScalingActivities",
"application-autoscaling:DescribeScalingPolicies", "cloudwatch:DescribeAlarmHistory",
"cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmsForMetric",
"cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics", "cloudwatch:GetMetricData",
"dynamodb:BatchGetItem", "dynamodb:Describe*", "dynamodb:List*", "dynamodb:GetAbacStatus",
"dynamodb:GetItem", "dynamodb:GetResourcePolicy", "dynamodb:Query", "dynamodb:Scan",
"dynamodb:PartiQLSelect", "dax:Describe*", "dax:List*", "dax:GetItem", "dax:BatchGetItem",
"dax:Query", "dax:Scan", "iam:GetRole", "iam:ListRoles", "kms:DescribeKey", "kms:ListAliases",
"sns:ListSubscriptionsByTopic", "sns:ListTopics", "lambda:ListFunctions",
"lambda:ListEventSourceMappings", "lambda:GetFunctionConfiguration", "tag:GetResources",
"kinesis:ListStreams", "kinesis:DescribeStream", "kinesis:DescribeStreamSummary"], "Resource":
"*"}, {"Sid": "CCIPermissions", "Effect": "Allow", "Action": "cloudwatch:GetInsightRuleReport",
"Resource": "arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"}]})"},
    {"AmazonEventBridgeFullAccess", "/", "Provides full access to Amazon EventBridge.", 3,
     R"({"Version": "2012-10-17", "Statement": [{"Sid": "EventBridgeActions", "Effect": "Allow",
"Action": ["events:*", "schemas:*", "scheduler:*", "pipes:*"], "Resource": "*"}, {"Sid":
"IAMPassRoleAccessForEventBridge", "Effect": "Allow", "Action": "iam:PassRole", "Resource":
"arn:aws:iam::*:role/*", "Condition": {"StringLike": {"iam:PassedToService":
"events.amazonaws.com"}}}, {"Sid": "IAMPassRoleAccessForScheduler", "Effect": "Allow", "Action":
"iam:PassRole", "Resource": "arn:aws:iam::*:role/*", "Condition": {"StringLike":
{"iam:PassedToService": "scheduler.amazonaws.com"}}}, {"Sid": "IAMPassRoleAccessForPipes",
"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/*", "Condition":
{"StringLike": {"iam:PassedToService": "pipes.amazonaws.com"}}}]})"},
    {"AmazonKinesisFullAccess", "/",
     "Provides full access to all streams via the AWS Management Console.", 1,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kinesis:*", "Resource":
"*"}]})"},
    {"AmazonKinesisReadOnlyAccess", "/",
     "Provides read only access to all streams via the AWS Management Console.", 1,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["kinesis:Get*",
"kinesis:List*", "kinesis:Describe*"], "Resource": "*"}]})"},
    {"AmazonS3FullAccess", "/",
     "Provides full access to all buckets via the AWS Management Console.", 2,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*",
"s3-object-lambda:*"], "Resource": "*"}]})"},
    {"AmazonS3ReadOnlyAccess", "/",
     "Provides read only access to all buckets via the AWS Management Console.", 3,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*",
"s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"], "Resource": "*"}]})"},
    {"AmazonSNSFullAccess", "/",
     "Provides full access to Amazon SNS via the AWS Management Console.", 2,
     R"({"Version": "2012-10-17", "Statement": [{"Sid": "SNSFullAccess", "Effect": "Allow", "Action":
"sns:*", "Resource": "*"}, {"Sid": "SMSAccessViaSNS", "Effect": "Allow", "Action":
["sms-voice:DescribeVerifiedDestinationNumbers", "sms-voice:CreateVerifiedDestinationNumber",
"sms-voice:SendDestinationNumberVerificationCode", "sms-voice:SendTextMessage",
"sms-voice:DeleteVerifiedDestinationNumber", "sms-voice:VerifyDestinationNumber",
"sms-voice:DescribeAccountAttributes", "sms-voice:DescribeSpendLimits",
"sms-voice:DescribePhoneNumbers", "sms-voice:SetTextMessageSpendLimitOverride",
"sms-voice:DescribeOptedOutNumbers", "sms-voice:DeleteOptedOutNumber"], "Resource": "*",
"Condition": {"StringEquals": {"aws:CalledViaLast": "sns.amazonaws.com"}}}]})"},
    {"AmazonSNSReadOnlyAccess", "/",
     "Provides read only access to Amazon SNS via the AWS Management Console.", 2,
     R"({"Version": "2012-10-17", "Statement": [{"Sid": "SNSReadOnlyAccess", "Effect": "Allow",
"Action": ["sns:GetTopicAttributes", "sns:List*", "sns:CheckIfPhoneNumberIsOptedOut",
"sns:GetEndpointAttributes", "sns:GetDataProtectionPolicy",
"sns:GetPlatformApplicationAttributes", "sns:GetSMSAttributes", "sns:GetSMSSandboxAccountStatus",
"sns:GetSubscriptionAttributes"], "Resource": "*"}]})"},
    {"AmazonSQSFullAccess", "/",
     "Provides full access to Amazon SQS via the AWS Management Console.", 1,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:*"], "Resource":
"*"}]})"},
    {"AmazonSQSReadOnlyAccess", "/",
     "Provides read only access to Amazon SQS via the AWS Management Console.", 3,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueues",
"sqs:ListMessageMoveTasks", "sqs:ListQueueTags"], "Resource": "*"}]})"},
    {"CloudWatchLogsFullAccess", "/", "Provides full access to CloudWatch Logs", 8,
     R"({"Version": "2012-10-17", "Statement": [{"Sid": "CloudWatchLogsFullAccess", "Effect": "Allow",
"Action": ["logs:*", "cloudwatch:GenerateQuery", "cloudwatch:GenerateQueryResultsSummary",
"observabilityadmin:GetS3TableIntegration", "observabilityadmin:ListS3TableIntegrations",
"observabilityadmin:ListTelemetryPipelines"], "Resource": "*"}]})"},
    {"CloudWatchLogsReadOnlyAccess", "/", "Provides read only access to CloudWatch Logs", 10,
     R"({"Version": "2012-10-17", "Statement": [{"Sid": "CloudWatchLogsReadOnlyAccess", "Effect":
"Allow", "Action": ["logs:Describe*", "logs:Get*", "logs:List*", "logs:StartQuery",
"logs:StopQuery", "logs:TestMetricFilter", "logs:FilterLogEvents", "logs:StartLiveTail",
"logs:StopLiveTail", "cloudwatch:GenerateQuery", "cloudwatch:GenerateQueryResultsSummary"],
"Resource": "*"}]})"},
    {"IAMFullAccess", "/", "Provides full access to IAM via the AWS Management Console.", 2,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:*",
"organizations:DescribeAccount", "organizations:DescribeOrganization",
"organizations:DescribeOrganizationalUnit", "organizations:DescribePolicy",
"organizations:ListChildren", "organizations:ListParents", "organizations:ListPoliciesForTarget",
"organizations:ListRoots", "organizations:ListPolicies", "organizations:ListTargetsForPolicy"],
"Resource": "*"}]})"},
    {"IAMReadOnlyAccess", "/", "Provides read only access to IAM via the AWS Management Console.",
     4,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
["iam:GenerateCredentialReport", "iam:GenerateServiceLastAccessedDetails", "iam:Get*",
"iam:List*", "iam:SimulateCustomPolicy", "iam:SimulatePrincipalPolicy"], "Resource": "*"}]})"},
    {"PowerUserAccess", "/",
     "Provides full access to AWS services and resources, but does not allow management of"
     " Users and groups.",
     6,
     R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": ["iam:*",
"organizations:*", "account:*"], "Resource": "*"}, {"Effect": "Allow", "Action":
["account:GetAccountInformation", "account:GetPrimaryEmail", "account:ListRegions",
"iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles",
"organizations:DescribeOrganization"], "Resource": "*"}]})"},
    {"ReadOnlyAccess", "/", "Provides read-only access to AWS services and resources.", 188,
     R"({"Version": "2012-10-17", "Statement": [{"Sid": "ReadOnlyActions", "Effect": "Allow",
"Action": ["apigateway:GET", "cloudwatch:Describe*", "cloudwatch:GenerateQuery",
"cloudwatch:Get*", "cloudwatch:List*", "dynamodb:BatchGet*", "dynamodb:Describe*",
"dynamodb:Get*", "dynamodb:List*", "dynamodb:PartiQLSelect", "dynamodb:Query", "dynamodb:Scan",
"events:Describe*", "events:List*", "events:Test*", "iam:Generate*", "iam:Get*", "iam:List*",
"iam:Simulate*", "kinesis:Describe*", "kinesis:Get*", "kinesis:List*", "lambda:Get*",
"lambda:List*", "logs:Describe*", "logs:FilterLogEvents", "logs:Get*", "logs:ListAnomalies",
"logs:ListEntitiesForLogGroup", "logs:ListLogAnomalyDetectors", "logs:ListLogDeliveries",
"logs:ListLogGroups", "logs:ListLogGroupsForEntity", "logs:ListLogGroupsForQuery",
"logs:ListTagsForResource", "logs:ListTagsLogGroup", "logs:StartLiveTail", "logs:StartQuery",
"logs:StopLiveTail", "logs:StopQuery", "logs:TestMetricFilter", "s3:DescribeJob", "s3:Get*",
"s3:List*", "scheduler:GetSchedule", "scheduler:GetScheduleGroup",
"scheduler:ListScheduleGroups", "scheduler:ListSchedules", "scheduler:ListTagsForResource",
"sns:Check*", "sns:Get*", "sns:List*", "sqs:Get*", "sqs:List*", "sqs:Receive*",
"sts:GetAccessKeyInfo", "sts:GetCallerIdentity", "sts:GetSessionToken"], "Resource": "*"}]})"},
}};

}  // namespace

std::span<const ManagedPolicy> managed_policies() { return kPolicies; }

}  // namespace kiln::iam
