// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/package.h"

#include "gen/lambda/errors.h"
#include "lambda/code/zip.h"

#include <utility>

namespace kiln::lambda {
namespace {

std::string must_be_smaller(std::string_view what, std::int64_t bytes) {
  return std::string(what) + " size must be smaller than " + std::to_string(bytes) + " bytes";
}

}  // namespace

Task<aws::ApiResult<std::string>> take_package(Service& service, aws::RequestContext context,
                                               PackageSource source) {
  if (source.zip_file) {
    if (static_cast<std::int64_t>(source.zip_file->size()) > kMaxZippedBytes) {
      co_return aws::fail({.code = "RequestEntityTooLargeException",
                           .http_status = 413,
                           .message = must_be_smaller("Zipped", kMaxZippedBytes)});
    }
    co_return std::move(*source.zip_file);
  }
  CodeObject object{.bucket = source.s3_bucket.value_or(""),
                    .key = source.s3_key.value_or(""),
                    .version = source.s3_object_version.value_or("")};
  auto fetch = service.objects.fetch(std::move(context), std::move(object), kMaxUnzippedBytes);
  auto bytes = co_await std::move(fetch);
  if (bytes) co_return std::move(*bytes);
  if (bytes.error().http_status >= 500) co_return aws::fail(std::move(bytes.error()));
  if (bytes.error().code == kEntityTooLarge) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        must_be_smaller("Unzipped", kMaxUnzippedBytes)));
  }
  co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
      "Error occurred while GetObject. S3 Error Code: " + bytes.error().code +
      ". S3 Error Message: " + bytes.error().message));
}

}  // namespace kiln::lambda
