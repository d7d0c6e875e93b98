// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lineage is the part of X-Amzn-Trace-Id that recursion detection counts in: which functions a
// chain of requests has passed, and how often ("Lineage=a87bd80c:3|68fd508a:1"). Pure functions.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html

#include "aws/api_error.h"

#include <string>
#include <string_view>

namespace kiln::invoke {

// A function that is met more often in one chain is in a loop.
inline constexpr int kMaxHops = 16;
// Functions that are remembered; a longer chain forgets its first ones.
inline constexpr std::size_t kMaxLineage = 32;

// How often the chain of `header` has passed the function (its ARN without a version).
int hops_of(std::string_view header, std::string_view function_arn);
// What a function in a loop is answered with.
aws::ApiError recursive_invocation();
// The header for what the function calls: with one hop more of it.
std::string with_hop(std::string_view header, std::string_view function_arn);

}  // namespace kiln::invoke
