// SPDX-License-Identifier: Apache-2.0
#pragma once
// Published versions: numbered, immutable copies of $LATEST. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html

#include "aws/api_error.h"
#include "lambda/store/function_codec.h"

#include <optional>
#include <string>

namespace kiln::lambda {

// Whether $LATEST is what was published last; nothing is published then.
bool is_published(const FunctionRecord& record);

// CodeSha256 of the request, when given, must be that of $LATEST: InvalidParameterValueException.
aws::ApiResult<void> check_code_hash(const FunctionVersion& latest,
                                     const std::optional<std::string>& code_sha256);

// The next version, a copy of $LATEST as it is; its number is never given again. One that is
// published while $LATEST is unfinished stays Pending with it (FunctionRecord::unfinished_version),
// one with SnapStart until it has its snapshot.
FunctionVersion publish(FunctionRecord& record, const std::optional<std::string>& description,
                        std::string revision);

}  // namespace kiln::lambda
