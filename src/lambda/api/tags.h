// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tags of functions, code signing configurations and event source mappings, by ARN.
// https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"
#include "lambda/service.h"

#include <string>

namespace kiln::lambda {

// ResourceNotFoundException, InvalidParameterValueException for what has no tags.
Task<aws::ApiResult<Tags>> read_tags(Service& service, aws::RequestContext context,
                                     std::string arn);
// `change` may run several times; its error leaves the tags alone. More than kMaxTags afterwards
// are an InvalidParameterValueException.
Task<aws::ApiResult<void>> change_tags(Service& service, aws::RequestContext context,
                                       std::string arn, TaggedResources::Change change);

}  // namespace kiln::lambda
