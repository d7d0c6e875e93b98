// SPDX-License-Identifier: Apache-2.0
#include "services/sns/api/tagging.h"

#include "gen/sns/errors.h"
#include "services/sns/model/errors.h"

#include <set>

namespace kiln::sns {

void add_tag_keys(aws::Authorization& authorization, const WireTags& tags) {
  if (!tags) return;
  for (const auto& tag : *tags) {
    if (!tag.key) continue;
    authorization.condition_keys()["aws:RequestTag/" + *tag.key] = {tag.value.value_or("")};
    authorization.condition_keys()["aws:TagKeys"].push_back(*tag.key);
  }
}

aws::ApiResult<void> add_tags(Tags& tags, const WireTags& more) {
  constexpr std::size_t kMaxTags = 50;
  if (!more) return {};
  std::set<std::string> seen;
  for (const auto& tag : *more) {
    if (!seen.insert(*tag.key).second) {
      return aws::fail(invalid_parameter("Duplicated keys are not allowed."));
    }
    if (tag.key->starts_with("aws:")) {
      return aws::fail(invalid_parameter("Tag keys that start with aws: are reserved."));
    }
    tags[*tag.key] = tag.value.value_or("");
  }
  if (tags.size() > kMaxTags) {
    return aws::fail(gen::sns::tag_limit_exceeded_exception(
        "Could not complete request: tag quota of per resource exceeded"));
  }
  return {};
}

}  // namespace kiln::sns
