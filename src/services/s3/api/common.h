// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations of S3 share: ARNs, buckets as callers name them, facts of events.

#include "aws/operation.h"
#include "services/s3/model/errors.h"
#include "services/s3/model/names.h"
#include "services/s3/service.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::s3 {

using Text = std::optional<std::string>;

std::string object_arn(std::string_view bucket, std::string_view key);
inline aws::Authorization on_bucket(std::string action, const Text& bucket) {
  return {std::move(action), bucket_arn(bucket.value_or("*"))};
}
inline aws::Authorization on_object(std::string action, const Text& bucket, const Text& key) {
  return {std::move(action), object_arn(bucket.value_or("*"), key.value_or("*"))};
}
// "s3:GetObject", or "s3:GetObjectVersion" when a version is named.
aws::Authorization on_version(std::string_view action, const Text& bucket, const Text& key,
                              const Text& version_id);

// NoSuchBucket; AccessDenied when `expected_owner` is another.
Task<aws::ApiResult<BucketPtr>> bucket_of(Service& service, Text name, Text expected_owner);

// `event` as in records: "ObjectCreated:Put".
Cause cause_of(const aws::RequestContext& context, std::string event);

// KeyTooLongError.
aws::ApiResult<void> check_key(const Text& key);
// Conditional writes. Anything but "*" for `if_none_match` is not implemented by S3 either.
aws::ApiResult<WriteConditions> write_conditions(const Text& if_match, const Text& if_none_match);

// An ETag of a header: without quotes and "W/".
std::string bare_etag(std::string_view text);
std::string quoted(std::string_view etag);
// What x-amz-version-id says of a version; nullopt in buckets that never kept any.
std::optional<std::string> version_header(const Bucket& bucket, const Version& version);

// 1,000 at most; InvalidArgument when negative.
aws::ApiResult<std::size_t> page_size(std::optional<std::int32_t> asked, std::string_view name);
// Texts of a list, encoded when the caller asked for encoding-type=url.
class ListText {
 public:
  static aws::ApiResult<ListText> from(const Text& encoding_type);
  std::string operator()(std::string_view text) const;

 private:
  bool url_ = false;
};

}  // namespace kiln::s3
