// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a client reads when IAM says no: code, status and words as the service says them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html

#include "aws/api_error.h"
#include "aws/request_context.h"
#include "iam/evaluation.h"

#include <string>

namespace kiln::iam {

// `cross_account`: the resource belongs to another account than the caller.
aws::ApiError denial(const aws::RequestContext& context, const aws::Permission& permission,
                     const Verdict& verdict, bool cross_account);

// Words for logs: "no identity-based policy allows it".
std::string_view reason(const Verdict& verdict);

// A statement that would have allowed it, as JSON on one line.
std::string missing_statement(const aws::Permission& permission);

}  // namespace kiln::iam
