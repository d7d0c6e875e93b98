// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations on parts share.

#include "services/s3/api/common.h"

namespace kiln::s3 {

inline aws::ApiResult<void> check_part_number(std::int32_t number) {
  if (number >= 1 && number <= kMaxPartNumber) return {};
  return aws::fail(invalid_argument("Part number must be an integer between 1 and 10000, inclusive",
                                    "partNumber", std::to_string(number)));
}

}  // namespace kiln::s3
