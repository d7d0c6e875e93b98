// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/urls.h"

#include "gen/lambda/errors.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

aws::ApiResult<FunctionRef> parse_url_ref(const aws::RequestContext& context, std::string_view name,
                                          std::string_view qualifier) {
  auto ref = parse_function_ref(context, name, qualifier);
  if (ref && !ref->qualifier.empty() &&
      (ref->qualifier.starts_with('$') || all_digits(ref->qualifier))) {
    return aws::fail({.code = "ValidationException",
                      .http_status = 400,
                      .message = "1 validation error detected: Value '" + ref->qualifier +
                                 "' at 'qualifier' failed to satisfy constraint: Member must "
                                 "satisfy regular expression pattern: "
                                 "((?!^\\d+$)^[0-9a-zA-Z-_]+$)"});
  }
  return ref;
}

aws::Authorization authorize_url(const aws::RequestContext& context, std::string_view action,
                                 const std::optional<std::string>& name, std::string_view qualifier,
                                 std::string_view auth_type) {
  auto asked = authorize_function(context, action, name, qualifier);
  if (!auth_type.empty())
    asked.condition_keys()["lambda:FunctionUrlAuthType"] = {std::string(auth_type)};
  return asked;
}

aws::ApiError url_function_missing() {
  return gen::lambda::resource_not_found_exception("Function does not exist");
}

Task<aws::ApiResult<void>> check_url_function(Service& service, FunctionRef ref) {
  auto find = service.repository.find(ref.key);
  KILN_API_TRY(const auto record, "lambda", co_await std::move(find));
  if (!record) co_return aws::fail(url_function_missing());
  if (ref.qualifier.empty()) co_return aws::ApiResult<void>();
  auto find_alias = service.parts.alias(ref.key, ref.qualifier);
  KILN_API_TRY(const auto alias, "lambda", co_await std::move(find_alias));
  if (!alias) co_return aws::fail(url_function_missing());
  co_return aws::ApiResult<void>();
}

UrlCors from_wire(const gen::lambda::Cors& cors) {
  return {.allow_credentials = cors.allow_credentials,
          .allow_headers = cors.allow_headers,
          .allow_methods = cors.allow_methods,
          .allow_origins = cors.allow_origins,
          .expose_headers = cors.expose_headers,
          .max_age = cors.max_age};
}

gen::lambda::Cors to_wire(const UrlCors& cors) {
  gen::lambda::Cors out;
  out.allow_credentials = cors.allow_credentials;
  out.allow_headers = cors.allow_headers;
  out.allow_methods = cors.allow_methods;
  out.allow_origins = cors.allow_origins;
  out.expose_headers = cors.expose_headers;
  out.max_age = cors.max_age;
  return out;
}

}  // namespace kiln::lambda
