// SPDX-License-Identifier: Apache-2.0
#pragma once
// Resource policies as JSON texts: statements come and go by their Sid. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html

#include "aws/api_error.h"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::gen::lambda {
struct AddPermissionRequest;
}

namespace kiln::lambda {

inline constexpr std::size_t kMaxPolicyBytes = 20'480;

// The statement that AddPermission asks for, on `resource_arn`.
// InvalidParameterValueException for a principal that is none.
aws::ApiResult<std::string> make_statement(const gen::lambda::AddPermissionRequest& input,
                                           std::string_view resource_arn);

// {"Service":...} for a service, {"AWS":...} for an account or ARN, "*"; JSON. nullopt for others.
std::optional<std::string> principal_element(std::string_view principal);

// `policy` (empty: none yet) with one statement more.
// ResourceConflictException when `sid` is taken, PolicyLengthExceededException past 20 KB.
aws::ApiResult<std::string> add_statement(std::string_view policy, std::string_view sid,
                                          std::string_view statement);

// `policy` without `sid`; empty when that was the last one. ResourceNotFoundException.
aws::ApiResult<std::string> remove_statement(std::string_view policy, std::string_view sid);

}  // namespace kiln::lambda
