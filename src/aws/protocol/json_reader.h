// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads JSON straight into a struct: no DOM, so a request costs what its struct holds.

#include "aws/shape.h"

#include <expected>
#include <string>
#include <string_view>

namespace kiln::aws::protocol {

struct JsonError {
  // True: not JSON. False: JSON, but of another type than the model says.
  bool malformed = false;
  std::string message;
};

// `value` is a struct of `shape` (kStructure). Null is absence; unknown members are skipped; of a
// repeated member the last counts. A structure's members outside the body are not filled.
// Malformed also: invalid UTF-8, nesting over kMaxDepth.
std::expected<void, JsonError> read_json(std::string_view text, const Shape& shape, void* value);

}  // namespace kiln::aws::protocol
