// SPDX-License-Identifier: Apache-2.0
#pragma once
// The package of a request: the zip itself, or the object that holds it.

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"
#include "lambda/service.h"

#include <optional>
#include <string>

namespace kiln::lambda {

struct PackageSource {
  std::optional<std::string> zip_file;
  std::optional<std::string> s3_bucket;
  std::optional<std::string> s3_key;
  std::optional<std::string> s3_object_version;
};

// The bytes of the package. Errors: 413 for a zip of more than kMaxZippedBytes in the request;
// "Error occurred while GetObject. ..." with what CodeObjects answered.
// REQUIRES: a zip, or bucket and key.
Task<aws::ApiResult<std::string>> take_package(Service& service, aws::RequestContext context,
                                               PackageSource source);

}  // namespace kiln::lambda
