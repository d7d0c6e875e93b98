// SPDX-License-Identifier: Apache-2.0
#pragma once
// Form parameters of the query protocol ("Action=CreateRole&Tags.member.1.Key=a") into structs.

#include "aws/api_error.h"
#include "aws/shape.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::aws::protocol {

// The parameters of a query string or form body, decoded, in order; a '+' is a space. False for a
// bad percent escape.
using Parameters = std::vector<std::pair<std::string, std::string>>;
bool parse_parameters(std::string_view text, Parameters& out);

using Form = std::map<std::string, std::string, std::less<>>;

// Adds the parameters of `text` (a query string or form body). The first of a repeated name counts.
// False for a bad percent escape.
bool parse_form(std::string_view text, Form& form);

// Fills `value`, a struct of `shape`. Error: MalformedInput.
ApiResult<void> read_form(const Form& form, const Shape& shape, void* value);

}  // namespace kiln::aws::protocol
