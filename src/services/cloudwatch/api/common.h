// SPDX-License-Identifier: Apache-2.0
#pragma once
// Steps that several operations share.

#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/cloudwatch/errors.h"
#include "gen/cloudwatch/types.h"
#include "services/cloudwatch/service.h"

#include <optional>
#include <string>
#include <vector>

namespace kiln::cloudwatch {

// InvalidParameterValue for names given twice or values that are empty.
aws::ApiResult<metering::Dimensions> to_dimensions(
    const std::optional<std::vector<gen::cloudwatch::Dimension>>& dimensions);

// The points of a series in [from, to), merged into periods of `period_s`.
Task<aws::ApiResult<std::vector<metering::TimedPoint>>> read_periods(Service& service,
                                                                     metering::Series series,
                                                                     std::int32_t period_s,
                                                                     Timestamp from, Timestamp to);

}  // namespace kiln::cloudwatch
