// SPDX-License-Identifier: Apache-2.0
#pragma once
// What S3 accepts as names of buckets, storage classes, tags and metadata.

#include "aws/api_error.h"
#include "services/s3/model/records.h"

#include <map>
#include <string>
#include <string_view>

namespace kiln::s3 {

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
bool is_bucket_name(std::string_view name);
bool is_storage_class(std::string_view name);

// The x-amz-tagging header: a query string.
aws::ApiResult<Tags> parse_tagging_header(std::string_view text);
inline constexpr std::size_t kMaxObjectTags = 10;
inline constexpr std::size_t kMaxBucketTags = 50;
// InvalidTag for bad keys and values, BadRequest past `max`.
aws::ApiResult<void> check_tags(const Tags& tags, std::size_t max);

// Lower-case names, at most 2 KiB in all: MetadataTooLarge.
aws::ApiResult<std::map<std::string, std::string>> normal_metadata(
    const std::map<std::string, std::string>& sent);

// "private", "public-read" and the like.
bool is_canned_acl(std::string_view name);

std::string bucket_arn(std::string_view bucket);
// The canonical user id of an account: 64 hex digits.
std::string canonical_id(std::string_view account);

}  // namespace kiln::s3
