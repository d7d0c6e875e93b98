// SPDX-License-Identifier: Apache-2.0
#pragma once
// A bucket as a website: its index and error documents and its redirects. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html

#include "aws/api_error.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::s3 {

// The kind of a bucket's configuration that it is kept as.
inline constexpr std::string_view kWebsiteConfig = "website";

struct RoutingRule {
  bool has_condition = false;
  std::optional<std::string> key_prefix;
  std::optional<std::string> error_code;  // "404"
  std::optional<std::string> host;
  std::optional<std::string> protocol;
  std::optional<std::string> code;  // "301"
  std::optional<std::string> replace_prefix;
  std::optional<std::string> replace_key;
};

struct Website {
  std::optional<std::string> index_suffix;
  std::optional<std::string> error_key;
  std::optional<std::string> redirect_host;  // of all requests
  std::optional<std::string> redirect_protocol;
  std::vector<RoutingRule> rules;
};

std::string encode(const Website& website);
Result<Website> decode_website(std::string_view bytes);
// AWS's errors for documents that contradict themselves.
aws::ApiResult<void> check_website(const Website& website);

// "my.bucket" of "my.bucket.s3-website-us-east-1.localhost:4566" and
// "my.bucket.s3-website.us-east-1.localhost"; nullopt: the host is no website's.
std::optional<std::string> website_bucket(std::string_view host);

// Where a request came from, for redirects that leave out a part.
struct WebsiteAddress {
  std::string_view protocol;
  std::string_view host;
};
struct WebsiteRedirect {
  int status = 301;
  std::string location;
};
// The redirect of all requests, or that of the first rule that fits the key; `error` is the status
// that the key has led to, 0 before it was looked up.
std::optional<WebsiteRedirect> find_redirect(const Website& website, std::string_view key,
                                             int error, const WebsiteAddress& address);

// The page that tells of an error; `of_document` why the bucket's own error page could not be used.
std::string error_page(const aws::ApiError& error, std::string_view request_id,
                       const aws::ApiError* of_document);

}  // namespace kiln::s3
