// SPDX-License-Identifier: Apache-2.0
// CreateServiceLinkedRole: the role that a service of AWS keeps in an account.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html
// Differs from AWS: the role has no policy of the service, which needs none here; any service name
// under amazonaws.com is taken, and names of its role that Kiln does not know are made from the
// first part.
#include "gen/iam/create_service_linked_role.h"

#include "iam/unique_id.h"
#include "services/iam/api/common.h"

#include <array>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::CreateServiceLinkedRole;

struct Known {
  std::string_view service;
  std::string_view name;
};
// Services whose role is not named after the first part of their host name.
constexpr std::array<Known, 12> kKnown = {{
    {"apigateway.amazonaws.com", "APIGateway"},
    {"autoscaling.amazonaws.com", "AutoScaling"},
    {"contributorinsights.dynamodb.amazonaws.com", "DynamoDBCloudWatchContributorInsights"},
    {"dax.amazonaws.com", "DAX"},
    {"dynamodb.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_DynamoDBTable"},
    {"ecs.amazonaws.com", "ECS"},
    {"kinesisreplication.dynamodb.amazonaws.com", "DynamoDBKinesisDataStreamsReplication"},
    {"lambda.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_LambdaConcurrency"},
    {"ops.apigateway.amazonaws.com", "APIGateway"},
    {"rds.amazonaws.com", "RDS"},
    {"replication.dynamodb.amazonaws.com", "DynamoDBReplication"},
    {"sns.amazonaws.com", "SNS"},
}};

// "lambda.amazonaws.com" -> "AWSServiceRoleForLambda".
std::string role_name(const Op::Input& input) {
  const std::string& service = *input.aws_service_name;
  std::string name = service.substr(0, service.find('.'));
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') {
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
  }
  for (const auto& known : kKnown) {
    if (known.service == service) name = known.name;
  }
  const bool suffix = input.custom_suffix && !input.custom_suffix->empty();
  return "AWSServiceRoleFor" + name + (suffix ? '_' + *input.custom_suffix : "");
}

std::string trust_of(const std::string& service) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":")" +
         service + R"("},"Action":"sts:AssumeRole"}]})";
}

iam::RoleRecord make_role(Service& service, const RequestContext& context, const Op::Input& input) {
  iam::RoleRecord role;
  role.name = role_name(input);
  role.path = "/aws-service-role/" + *input.aws_service_name + '/';
  role.id = iam::unique_id("AROA", context.account, service.random);
  role.created = whole_seconds(context.now);
  role.trust_policy = trust_of(*input.aws_service_name);
  role.description = input.description.value_or("");
  return role;
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  if (!input.aws_service_name->ends_with(".amazonaws.com") || role_name(input).size() > 64) {
    co_return refuse<Op>(gen::iam::invalid_input_exception(
        "Service role creation is not supported for " + *input.aws_service_name));
  }
  const auto role = make_role(service, context, input);
  auto loading = load<Roles>(service.store, context.account, role.name);
  KILN_CO_TRY(const auto existing, co_await std::move(loading));
  if (existing) {
    co_return refuse<Op>(gen::iam::invalid_input_exception(
        "Service role name " + role.name +
        " has been taken in this account, please try a different suffix."));
  }
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  ++summary.record.roles;
  const auto key = iam::keys::role(context.account, role.name);
  const auto count_key = iam::keys::summary(context.account);
  store::Batch batch;
  batch.check_absent(key).check(count_key, summary.version);
  batch.put(key, iam::encode(role)).put(count_key, iam::encode(summary.record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  Op::Output output;
  output.role = role_summary(context, role);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  Authorization out{"iam:CreateServiceLinkedRole", "*"};
  if (input.aws_service_name) {
    out.permissions.front().resource = "arn:aws:iam::" + context.account +
                                       ":role/aws-service-role/" + *input.aws_service_name + '/' +
                                       role_name(input);
    out.condition_keys()["iam:AWSServiceName"] = {*input.aws_service_name};
  }
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kCreateServiceLinkedRole{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
