// SPDX-License-Identifier: Apache-2.0
#pragma once
// FunctionUrl is an HTTP endpoint of its own for a function or for one of its aliases.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html

#include "aws/request_context.h"
#include "base/time.h"
#include "lambda/keys.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::lambda {

// What browsers of other origins may do; answered by Lambda, not by the function.
struct UrlCors {
  std::optional<bool> allow_credentials;
  std::optional<std::vector<std::string>> allow_headers;
  std::optional<std::vector<std::string>> allow_methods;
  std::optional<std::vector<std::string>> allow_origins;
  std::optional<std::vector<std::string>> expose_headers;
  std::optional<std::int32_t> max_age;
};

struct FunctionUrl {
  FunctionKey function;
  std::string qualifier;  // an alias; empty: the function, $LATEST
  std::string id;         // 32 of a-z0-9; never changes, never used again
  bool iam_auth = false;  // AuthType AWS_IAM, else NONE
  // "BUFFERED" or "RESPONSE_STREAM"; empty: never said, then BUFFERED.
  std::string invoke_mode;
  std::optional<UrlCors> cors;
  Timestamp created;
  Timestamp modified;

  // Of the function, with the alias: the resource that policies name.
  std::string arn() const;
  bool streams() const { return invoke_mode == "RESPONSE_STREAM"; }
  std::string_view auth_type() const { return iam_auth ? "AWS_IAM" : "NONE"; }
};

inline constexpr std::size_t kUrlIdLength = 32;
inline constexpr std::string_view kUrlLabel = "lambda-url";
// Below product::kUrlPrefix: /_kiln/url/ID/path for those who can't resolve names.
inline constexpr std::string_view kUrlPath = "/url/";

// Under which names the URLs of this server are given out. All forms are always answered.
struct UrlNames {
  // ID.lambda-url.REGION.DOMAIN; empty: "localhost".
  std::string domain;
  // Whether this machine resolves names below `domain`; where it does not, the path form is given.
  bool resolvable = true;
};

// "http://ID.lambda-url.us-east-1.localhost:4566/", with the scheme and port by which the caller
// reached this server, or "http://HOST/_kiln/url/ID/" when that name would lead the caller nowhere:
// it does not resolve here, or the caller is elsewhere and no domain is set.
std::string url_address(const aws::RequestContext& context, const FunctionUrl& url,
                        const UrlNames& names);

// Where a request to a function URL points.
struct UrlTarget {
  std::string id;
  std::string region;     // empty in the path form
  std::string_view path;  // "/..." as sent, without the query; a view into `target`
  bool by_path = false;
};
// From the Host field and the request's target. nullopt: it is no function URL. Names under
// "localhost", "on.aws" and `domain` count. Pure; any bytes.
std::optional<UrlTarget> find_url_target(std::string_view host, std::string_view target,
                                         std::string_view domain);

}  // namespace kiln::lambda
