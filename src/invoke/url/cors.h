// SPDX-License-Identifier: Apache-2.0
#pragma once
// CORS of function URLs: Lambda answers preflights itself, and adds its headers to every other
// response beside those of the function. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors

#include "http/message.h"
#include "lambda/model/function_url.h"

#include <optional>
#include <string_view>

namespace kiln::invoke {

// The answer to a preflight: OPTIONS with Origin and Access-Control-Request-Method, of a URL that
// has a CORS configuration. What is not allowed gets no Access-Control-* headers. nullopt: it is no
// preflight, the function answers.
std::optional<http::Response> answer_preflight(const lambda::FunctionUrl& url,
                                               std::string_view method,
                                               const http::Headers& request);

// Adds what the browser of an allowed Origin looks for.
void add_cors_headers(const lambda::FunctionUrl& url, const http::Headers& request,
                      http::Headers& response);

}  // namespace kiln::invoke
