// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tags of a log group, for the tagging operations of both generations.

#include "async/task.h"
#include "services/logs/api/common.h"
#include "services/logs/service.h"

#include <string>
#include <vector>

namespace kiln::logs {

// Each answers ResourceNotFoundException with `missing` when the group is not there.
// Too many tags: TooManyTagsException.
Task<aws::ApiResult<bool>> add_tags(Service& service, GroupName group, Tags tags,
                                    std::string missing);
Task<aws::ApiResult<bool>> remove_tags(Service& service, GroupName group,
                                       std::vector<std::string> names, std::string missing);
Task<aws::ApiResult<Tags>> list_tags(Service& service, GroupName group, std::string missing);

inline constexpr const char* kNoSuchResource = "The specified resource does not exist.";
inline constexpr const char* kNoSuchGroup = "The specified log group does not exist.";

}  // namespace kiln::logs
