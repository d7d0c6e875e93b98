// SPDX-License-Identifier: Apache-2.0
#include "aws/shape.h"

namespace kiln::aws {

constinit const Shape kEmptyShape{.kind = Kind::kStructure, .name = "Empty"};

}  // namespace kiln::aws
