// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations on function URLs share. A template fills each output: the five structs differ
// in which times they carry.

#include "aws/request_context.h"
#include "base/time.h"
#include "gen/lambda/types.h"
#include "lambda/api/common.h"
#include "lambda/model/function_url.h"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::lambda {

// The function, with an alias or without a qualifier: versions have no URLs. Pure.
aws::ApiResult<FunctionRef> parse_url_ref(const aws::RequestContext& context, std::string_view name,
                                          std::string_view qualifier);

aws::Authorization authorize_url(const aws::RequestContext& context, std::string_view action,
                                 const std::optional<std::string>& name,
                                 std::string_view qualifier = "", std::string_view auth_type = "");

// That the function and its alias are there; the error says so in this API's words.
Task<aws::ApiResult<void>> check_url_function(Service& service, FunctionRef ref);

aws::ApiError url_function_missing();

UrlCors from_wire(const gen::lambda::Cors& cors);
gen::lambda::Cors to_wire(const UrlCors& cors);

template <class Output>
void describe_url(const Service& service, const aws::RequestContext& context,
                  const FunctionUrl& url, Output& out) {
  out.function_url = url_address(context, url, service.url_names);
  out.function_arn = url.arn();
  out.auth_type = std::string(url.auth_type());
  if (!url.invoke_mode.empty()) out.invoke_mode = url.invoke_mode;
  if (url.cors) out.cors = to_wire(*url.cors);
  out.creation_time = format_iso8601(url.created, true);
  if constexpr (requires { out.last_modified_time; })
    out.last_modified_time = format_iso8601(url.modified, true);
}

}  // namespace kiln::lambda
