// SPDX-License-Identifier: Apache-2.0
#pragma once
// CodeObjects is where packages named by bucket and key come from: CreateFunction,
// UpdateFunctionCode and PublishLayerVersion ask it. The service that has buckets implements it;
// this room knows no S3.
// Threads: one loop.

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"

#include <cstdint>
#include <string>

namespace kiln::lambda {

struct CodeObject {
  std::string bucket;
  std::string key;
  std::string version;  // empty: the current one
};

class CodeObjects {
 public:
  virtual ~CodeObjects() = default;
  // The whole object, read with the rights of `context.principal` (s3:GetObject, or
  // s3:GetObjectVersion with a version), as Lambda reads it for its caller. Errors are S3's own
  // (NoSuchBucket, NoSuchKey, AccessDenied, ...); kEntityTooLarge for more than `max_bytes`, told
  // before its bytes are read.
  virtual Task<aws::ApiResult<std::string>> fetch(aws::RequestContext context, CodeObject object,
                                                  std::uint64_t max_bytes) = 0;
};

inline constexpr std::string_view kEntityTooLarge = "EntityTooLarge";

// For servers without buckets: none exists.
class NoCodeObjects final : public CodeObjects {
 public:
  Task<aws::ApiResult<std::string>> fetch(aws::RequestContext, CodeObject, std::uint64_t) override {
    co_return aws::fail({.code = "NoSuchBucket",
                         .http_status = 404,
                         .message = "The specified bucket does not exist"});
  }
};

}  // namespace kiln::lambda
