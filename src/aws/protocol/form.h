// SPDX-License-Identifier: Apache-2.0
#pragma once
// Form parameters of the query protocol ("Action=CreateRole&Tags.member.1.Key=a") into structs.

#include "aws/api_error.h"
#include "aws/shape.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::aws::protocol {

using Form = std::map<std::string, std::string, std::less<>>;

// Adds the parameters of `text` (a query string or form body). The first of a repeated name counts.
// False for a bad percent escape.
bool parse_form(std::string_view text, Form& form);

// Fills `value`, a struct of `shape`. Error: MalformedInput.
ApiResult<void> read_form(const Form& form, const Shape& shape, void* value);

}  // namespace kiln::aws::protocol
