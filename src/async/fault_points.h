// SPDX-License-Identifier: Apache-2.0
#pragma once
// FaultPoints are named places where a test makes an operation fail: "queue.claim.before_commit".
//
// A room asks reach() at its points and ends the operation with the error it answers. Production
// passes a plain FaultPoints, which never fails. A room lists its points in its README.

#include "base/result.h"

#include <string_view>

namespace kiln {

class FaultPoints {
 public:
  virtual ~FaultPoints() = default;
  virtual Status reach(std::string_view /*point*/) { return {}; }
};

}  // namespace kiln
