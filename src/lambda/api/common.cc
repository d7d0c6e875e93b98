// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/common.h"

#include "aws/arn.h"
#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "lambda/model/decisions.h"

#include <map>
#include <utility>

namespace kiln::lambda {

void ask_vpc(const std::optional<gen::lambda::VpcConfig>& vpc, aws::Authorization& authorization) {
  if (!vpc) return;
  auto& keys = authorization.condition_keys();
  if (vpc->subnet_ids) keys["lambda:SubnetIds"] = *vpc->subnet_ids;
  if (vpc->security_group_ids) keys["lambda:SecurityGroupIds"] = *vpc->security_group_ids;
}

Task<aws::ApiResult<FunctionRecord>> find_function(Service& service, FunctionRef ref) {
  auto find = service.repository.find(ref.key);
  auto record = co_await std::move(find);
  if (!record) {
    co_return aws::fail(aws::internal_failure("lambda", record.error(), "ServiceException"));
  }
  if (!*record) co_return aws::fail(function_not_found(ref));
  co_return std::move(**record);
}

Task<aws::ApiResult<NamedVersion>> find_version(Service& service, FunctionRef ref) {
  auto finding = find_function(service, ref);
  auto record = co_await std::move(finding);
  if (!record) co_return aws::fail(std::move(record.error()));
  std::string number = ref.qualifier;
  if (!number.empty() && number != kLatest && !is_version_number(number)) {
    auto reading = service.parts.alias(ref.key, number);
    KILN_API_TRY(const auto alias, "lambda", co_await std::move(reading));
    if (!alias) co_return aws::fail(function_not_found(ref));
    number = alias->version;
  }
  if (number.empty() || number == kLatest) {
    FunctionVersion latest = record->latest;
    co_return NamedVersion{.function = std::move(*record), .version = std::move(latest)};
  }
  auto reading = service.parts.version(ref.key, std::move(number));
  KILN_API_TRY(auto version, "lambda", co_await std::move(reading));
  if (!version) co_return aws::fail(function_not_found(ref));
  co_return NamedVersion{.function = std::move(*record), .version = std::move(*version)};
}

Task<aws::ApiResult<void>> check_role(Service& service, std::string account, std::string role_arn) {
  const auto arn = aws::parse_arn(role_arn);
  if (arn && arn->account != account && !service.settings.allow_foreign_roles) {
    co_return aws::fail({.code = "AccessDeniedException",
                         .http_status = 403,
                         .message = "Cross-account pass role is not allowed."});
  }
  auto ask = service.roles.can_pass_to(std::move(role_arn), "lambda.amazonaws.com");
  const auto answer = co_await std::move(ask);
  if (!answer) {
    co_return aws::fail(aws::internal_failure("lambda", answer.error(), "ServiceException"));
  }
  if (*answer != iam::PassRoleAnswer::kOk) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "The role defined for the function cannot be assumed by Lambda."));
  }
  co_return aws::ApiResult<void>();
}

Task<aws::ApiResult<void>> check_event_target(Service& service, EventSender sender,
                                              std::string target_arn) {
  static const std::map<std::string, std::string_view, std::less<>> kCalls = {
      {"sqs", "SendMessage on SQS"},          {"sns", "Publish on SNS"},
      {"lambda", "InvokeFunction on Lambda"}, {"s3", "PutObject on S3"},
      {"events", "PutEvents on EventBridge"},
  };
  const auto parsed = aws::parse_arn(target_arn);
  const auto call = kCalls.find(parsed ? parsed->service : "");
  if (call == kCalls.end()) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "The target " + target_arn + " is of no service that Lambda sends events to."));
  }
  aws::TargetEvent event;
  event.target_arn = std::move(target_arn);
  event.service = "lambda.amazonaws.com";
  event.source_arn = std::move(sender.arn);
  event.source_account = std::move(sender.account);
  event.role_arn = std::move(sender.role_arn);
  auto ask = service.targets.check(std::move(event));
  const Status answer = co_await std::move(ask);
  if (answer) co_return aws::ApiResult<void>();
  const ErrorCode code = answer.error().code;
  if (code != ErrorCode::kNotFound && code != ErrorCode::kInvalidArgument) {
    co_return aws::fail(aws::internal_failure("lambda", answer.error(), "ServiceException"));
  }
  co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
      "The provided execution role does not have permissions to call " +
      std::string(call->second)));
}

Task<aws::ApiResult<void>> check_dead_letters(Service& service, FunctionVersion function) {
  if (function.dead_letter_target.empty()) co_return aws::ApiResult<void>();
  const auto target = aws::parse_arn(function.dead_letter_target);
  if (!target || (target->service != "sqs" && target->service != "sns")) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "The dead letter target must be the ARN of an SQS queue or of an SNS topic."));
  }
  auto ask = check_event_target(
      service, {.arn = function.arn(), .account = function.account, .role_arn = function.role},
      function.dead_letter_target);
  co_return co_await std::move(ask);
}

aws::ApiResult<std::string> read_marker(const std::optional<std::string>& marker) {
  if (!marker || marker->empty()) return std::string();
  auto decoded = base64_decode(*marker);
  if (decoded) return std::move(*decoded);
  return aws::fail(gen::lambda::invalid_parameter_value_exception("Invalid Marker."));
}

aws::ApiResult<FunctionRef> parse_unqualified_ref(const aws::RequestContext& context,
                                                  std::string_view name) {
  auto ref = parse_function_ref(context, name, "");
  if (ref && !ref->qualifier.empty()) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support "
        "this operation. Please specify either a function name or an unqualified function ARN."));
  }
  return ref;
}

void ask_pass_role(const aws::RequestContext& context, const std::string& role_arn,
                   aws::Authorization& authorization) {
  const auto arn = aws::parse_arn(role_arn);
  if (arn && arn->account != context.account) return;
  authorization.also(
      {"iam:PassRole", role_arn, {{"iam:PassedToService", {"lambda.amazonaws.com"}}}});
}

}  // namespace kiln::lambda
