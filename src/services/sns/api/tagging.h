// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tags of topics: their rules, and the condition keys that requests with tags have.

#include "aws/api_error.h"
#include "aws/request_context.h"
#include "gen/sns/types.h"
#include "services/sns/model/records.h"

#include <optional>
#include <vector>

namespace kiln::sns {

using WireTags = std::optional<std::vector<gen::sns::Tag>>;

// aws:RequestTag and aws:TagKeys.
void add_tag_keys(aws::Authorization& authorization, const WireTags& tags);
// Adds `more` to `tags`. Errors: InvalidParameter, TagLimitExceeded (50).
aws::ApiResult<void> add_tags(Tags& tags, const WireTags& more);

}  // namespace kiln::sns
