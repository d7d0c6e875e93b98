// SPDX-License-Identifier: Apache-2.0
#pragma once
// The HTTP response that a function's answer becomes: payload format 2.0. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload

#include "http/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::invoke {

// What a streaming function's response begins with: the head as JSON, then eight zero bytes.
inline constexpr std::string_view kIntegrationResponse =
    "application/vnd.awslambda.http-integration-response";
inline constexpr std::string_view kPreludeEnd{"\0\0\0\0\0\0\0\0", 8};

// An object with a statusCode says it all; anything else is the body of a 200, a string without its
// quotes. nullopt when it makes no response: AWS answers 502 then. `content_type` is what the
// runtime said: with another than JSON, the payload is that of a function that streams.
std::optional<http::Response> make_url_response(std::string payload,
                                                std::string_view content_type = {});

// Status, headers and cookies of a streamed response, which come as JSON before its first byte.
// Nothing of it is required. nullopt when it makes no head.
std::optional<http::Response> make_url_head(std::string_view prelude);

// Adds a header of the function's. Those that this server writes itself go under another name, as
// AWS does it ("x-amzn-Remapped-date"). False for a name or value that is no header.
bool add_function_header(http::Headers& headers, std::string_view name, std::string_view value);

}  // namespace kiln::invoke
