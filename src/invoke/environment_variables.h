// SPDX-License-Identifier: Apache-2.0
#pragma once
// The environment variables that Lambda sets for a function.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
//
// _X_AMZN_TRACE_ID is not among them: the runtime sets it for each invocation.

#include "iam/credentials.h"
#include "invoke/runtime_catalog.h"
#include "lambda/model/function.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::invoke {

using Variables = std::vector<std::pair<std::string, std::string>>;

// Values may use {task}, {runtime}, {opt} and {runtime_api} (sandbox.h). Unreserved variables that
// the function configures itself (PATH, TZ, AWS_ENDPOINT_URL, ...) are left out. `endpoint`: Kiln's
// own URL as the environment sees it; empty leaves AWS_ENDPOINT_URL out.
Variables platform_variables(const lambda::FunctionVersion& function, const RuntimeCommand& runtime,
                             std::string_view log_stream,
                             const iam::TemporaryCredentials& credentials,
                             std::string_view endpoint);
// Those of them that are the same for all functions of a runtime, before they configure anything.
Variables runtime_variables(const RuntimeCommand& runtime);

}  // namespace kiln::invoke
