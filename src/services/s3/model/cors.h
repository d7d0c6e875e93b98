// SPDX-License-Identifier: Apache-2.0
#pragma once
// CORS of a bucket: which pages of other origins may use it, and what browsers are told. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html

#include "aws/api_error.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::s3 {

// The kind of a bucket's configuration that the rules are kept as.
inline constexpr std::string_view kCorsConfig = "cors";

struct CorsRule {
  std::string id;                    // empty: none
  std::vector<std::string> headers;  // that a request may have; "*" within stands for anything
  std::vector<std::string> methods;
  std::vector<std::string> origins;  // one "*" in each at most
  std::vector<std::string> exposed;  // headers that a page may read
  std::optional<std::int32_t> max_age_seconds;
};
using CorsRules = std::vector<CorsRule>;

std::string encode(const CorsRules& rules);
Result<CorsRules> decode_cors(std::string_view bytes);

// MalformedXML without rules, origins or methods; InvalidRequest for methods that there are not and
// for a second wildcard; more than 100 rules.
aws::ApiResult<void> check_cors(const CorsRules& rules);

// What a browser asks: Origin, Access-Control-Request-Method (or the request's own), and
// Access-Control-Request-Headers (empty: none).
struct CorsQuestion {
  std::string_view origin;
  std::string_view method;
  std::string_view headers;
};
// The first rule that fits; null: none does.
const CorsRule* find_cors_rule(const CorsRules& rules, const CorsQuestion& question);
// Whether some rule fits the origin.
bool knows_origin(const CorsRules& rules, std::string_view origin);
// The headers of the answer, Vary included.
std::vector<std::pair<std::string, std::string>> cors_headers(const CorsRule& rule,
                                                              const CorsQuestion& question);

// Why a preflight is refused: 400 BadRequest without an origin, else 403 AccessForbidden.
// `method` is the one asked for; empty: none.
aws::ApiError cors_needs_origin();
aws::ApiError cors_without_bucket(std::string_view method);
aws::ApiError cors_not_enabled(std::string_view method);
aws::ApiError cors_not_allowed(std::string_view method, bool of_object);

}  // namespace kiln::s3
