// SPDX-License-Identifier: Apache-2.0
#pragma once
// The policy document of a browser's upload: who signed it says what the form may hold. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html

#include "aws/api_error.h"
#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::s3 {

struct SizeRange {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

// Lower-case names; as PostForm::fields().
using PostFields = std::vector<std::pair<std::string, std::string>>;
const std::string* find_field(const PostFields& fields, std::string_view name);

// That the form is what `policy` (JSON) lets it be: every condition holds, every field but the
// signature's own and x-ignore-* has one, and the time has not passed. The sizes that the file may
// have; nullopt: any. InvalidPolicyDocument, AccessDenied.
aws::ApiResult<std::optional<SizeRange>> check_post_policy(std::string_view policy,
                                                           const PostFields& fields,
                                                           std::string_view bucket, Timestamp now);

}  // namespace kiln::s3
