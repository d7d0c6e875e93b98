// SPDX-License-Identifier: Apache-2.0
#pragma once
// The HTTP response of a function URL with InvokeMode RESPONSE_STREAM: the head from the function's
// prelude, the body as the function writes it.
// https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html

#include "http/message.h"
#include "invoke/response_stream.h"

#include <optional>

namespace kiln::invoke {

// Resumes when the head is known; the body follows through the response's producer, which cuts the
// connection when the function fails in its middle. nullopt: the function failed before, or its
// prelude makes no head. Errors are Invoker's.
Task<aws::ApiResult<std::optional<http::Response>>> stream_url_response(ResponseStreamPtr stream);

}  // namespace kiln::invoke
