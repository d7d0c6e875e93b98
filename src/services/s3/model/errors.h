// SPDX-License-Identifier: Apache-2.0
#pragma once
// Errors of S3 with AWS's codes, statuses and texts.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html

#include "aws/api_error.h"

#include <string>
#include <string_view>

namespace kiln::s3 {

inline constexpr std::string_view kRoom = "s3";

using Fields = std::vector<std::pair<std::string, std::string>>;

aws::ApiError no_such_bucket(std::string_view bucket);
aws::ApiError no_such_key(std::string_view key);
aws::ApiError no_such_version(std::string_view key, std::string_view version_id);
aws::ApiError no_such_upload(std::string_view upload_id);
aws::ApiError access_denied();
aws::ApiError invalid_argument(std::string message, std::string_view name = {},
                               std::string_view value = {});
aws::ApiError invalid_request(std::string message);
aws::ApiError malformed_xml();
aws::ApiError invalid_range(std::string_view range, std::uint64_t size);
aws::ApiError precondition_failed(std::string_view condition);
// A header or element that is known and does nothing here.
aws::ApiError not_implemented(std::string_view header);
aws::ApiError operation_aborted();
// S3's own text for what it does not explain.
aws::ApiError internal_error(const Error& error);

}  // namespace kiln::s3

// Unwraps a Result<T> inside a coroutine that answers ApiResult: an error is logged and becomes
// S3's InternalError.
#define KILN_S3_TRY(decl, ...) \
  KILN_S3_TRY_IMPL(KILN_CONCAT(kiln_s3_try_, __LINE__), decl, __VA_ARGS__)
#define KILN_S3_TRY_IMPL(tmp, decl, ...)                                          \
  auto tmp = __VA_ARGS__;                                                         \
  if (!tmp) co_return ::kiln::aws::fail(::kiln::s3::internal_error(tmp.error())); \
  decl = std::move(*tmp)
// Unwraps an ApiResult<T>.
#define KILN_S3_ASK(decl, ...) \
  KILN_S3_ASK_IMPL(KILN_CONCAT(kiln_s3_ask_, __LINE__), decl, __VA_ARGS__)
#define KILN_S3_ASK_IMPL(tmp, decl, ...)                         \
  auto tmp = __VA_ARGS__;                                        \
  if (!tmp) co_return ::kiln::aws::fail(std::move(tmp.error())); \
  decl = std::move(*tmp)
#define KILN_S3_CHECK(...) KILN_S3_CHECK_IMPL(KILN_CONCAT(kiln_s3_check_, __LINE__), __VA_ARGS__)
#define KILN_S3_CHECK_IMPL(tmp, ...) \
  if (auto tmp = __VA_ARGS__; !tmp) co_return ::kiln::aws::fail(std::move(tmp.error()))
#define KILN_S3_CHECK_STATUS(status) \
  if (!(status)) co_return ::kiln::aws::fail(::kiln::s3::internal_error((status).error()))
