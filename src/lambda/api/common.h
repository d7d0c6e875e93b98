// SPDX-License-Identifier: Apache-2.0
#pragma once
// Steps that several operations share.

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"
#include "lambda/model/function_ref.h"
#include "lambda/service.h"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::lambda {

inline aws::Authorization authorize_function(const aws::RequestContext& context,
                                             std::string_view action,
                                             const std::optional<std::string>& name,
                                             std::string_view qualifier = "") {
  return {"lambda:" + std::string(action), resource_arn(context, name.value_or(""), qualifier)};
}

// Adds what giving `role_arn` to a function asks beside the operation itself. Not for a role of
// another account: check_role refuses it whatever policies say.
void ask_pass_role(const aws::RequestContext& context, const std::string& role_arn,
                   aws::Authorization& authorization);

// Adds the condition keys of a VpcConfig, but for lambda:VpcIds.
void ask_vpc(const std::optional<gen::lambda::VpcConfig>& vpc, aws::Authorization& authorization);

// The stored function that the request names, whatever version it names.
Task<aws::ApiResult<FunctionRecord>> find_function(Service& service, FunctionRef ref);

// The version that the request names: by number, by an alias (the one without a share), or $LATEST.
struct NamedVersion {
  FunctionRecord function;
  FunctionVersion version;
};
Task<aws::ApiResult<NamedVersion>> find_version(Service& service, FunctionRef ref);

// That Lambda may assume `role_arn` for a function of `account`.
Task<aws::ApiResult<void>> check_role(Service& service, std::string account, std::string role_arn);

// That the function `arn` of `account` may send to `target_arn` by its role, as AWS asks when a
// setting names a target ("The provided execution role does not have permissions to call
// SendMessage on SQS").
struct EventSender {
  std::string arn;
  std::string account;
  std::string role_arn;
};
Task<aws::ApiResult<void>> check_event_target(Service& service, EventSender sender,
                                              std::string target_arn);

// The same for the function's queue or topic of dead letters, when it has one.
Task<aws::ApiResult<void>> check_dead_letters(Service& service, FunctionVersion function);

// The page to go on after; InvalidParameterValueException for a marker of nobody's making.
aws::ApiResult<std::string> read_marker(const std::optional<std::string>& marker);

// A function named without version or alias. Pure.
aws::ApiResult<FunctionRef> parse_unqualified_ref(const aws::RequestContext& context,
                                                  std::string_view name);

}  // namespace kiln::lambda
