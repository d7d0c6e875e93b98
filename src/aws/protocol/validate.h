// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks an input against the model's constraints and reports in AWS's words:
//   "1 validation error detected: Value '' at 'functionName' failed to satisfy constraint: Member
//    must have length greater than or equal to 1"
// Several failures are joined by "; " after "N validation errors detected: ".

#include "aws/shape.h"

#include <optional>
#include <string>

namespace kiln::aws::protocol {

// The message, or nullopt when all constraints hold.
std::optional<std::string> validate(const Shape& shape, const void* value);

}  // namespace kiln::aws::protocol
