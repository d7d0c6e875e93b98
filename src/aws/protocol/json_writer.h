// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes the body members of a struct as JSON.

#include "aws/shape.h"

#include <string>

namespace kiln::aws::protocol {

// `value` is of `shape`. `member` is the member that holds it, for its time format; may be null.
void write_json(std::string& out, const Shape& shape, const void* value,
                const Member* member = nullptr);

}  // namespace kiln::aws::protocol
