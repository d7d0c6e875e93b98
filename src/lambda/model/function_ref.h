// SPDX-License-Identifier: Apache-2.0
#pragma once
// FunctionRef is the function that a request names, in any form that AWS takes:
//   name | name:qualifier | 123456789012:function:name[:qualifier] | function:name
//   arn:aws:lambda:us-east-1:123456789012:function:name[:qualifier]
// AWS: FunctionName of the Lambda API reference; the texts of the errors are AWS's own.

#include "aws/api_error.h"
#include "aws/request_context.h"
#include "lambda/keys.h"

#include <string>
#include <string_view>

namespace kiln::lambda {

inline constexpr std::string_view kLatest = "$LATEST";

struct FunctionRef {
  FunctionKey key;
  std::string qualifier;    // empty when none was given
  std::string arn() const;  // with the qualifier, when there is one
};

std::string function_arn(std::string_view account, std::string_view region, std::string_view name,
                         std::string_view qualifier);

// `name` is a function name of any form, `qualifier` the request's own or empty. Pure.
// Errors: InvalidParameterValueException when the qualifiers differ, ResourceNotFoundException for
// another region. Functions of other accounts are IAM's to refuse.
aws::ApiResult<FunctionRef> parse_function_ref(const aws::RequestContext& context,
                                               std::string_view name, std::string_view qualifier);

// As above, and the qualifier is absent or $LATEST: nothing else exists in this build.
aws::ApiResult<FunctionRef> parse_latest_ref(const aws::RequestContext& context,
                                             std::string_view name, std::string_view qualifier);

// The ARN that IAM decides on. Never fails: names that do not parse are refused by the handler.
std::string resource_arn(const aws::RequestContext& context, std::string_view name,
                         std::string_view qualifier = "");

// "Function not found: <arn>"
aws::ApiError function_not_found(const FunctionRef& ref);
// For a qualifier that the function does not have: the same for versions, "Cannot find alias arn:
// <arn>" for aliases.
aws::ApiError qualifier_not_found(const FunctionRef& ref);
// Whether a qualifier is the number of a version; else it names an alias or is $LATEST.
bool is_version_number(std::string_view qualifier);

}  // namespace kiln::lambda
