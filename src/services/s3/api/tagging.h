// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tag sets of requests and answers.

#include "gen/s3/types.h"
#include "services/s3/api/common.h"
#include "services/s3/model/names.h"

#include <optional>
#include <vector>

namespace kiln::s3 {

inline aws::ApiResult<Tags> tags_of(const std::optional<std::vector<gen::s3::Tag>>& set,
                                    std::size_t max) {
  Tags out;
  for (const auto& tag : set.value_or(std::vector<gen::s3::Tag>())) {
    if (!tag.key || !tag.value) return aws::fail(malformed_xml());
    if (!out.emplace(*tag.key, *tag.value).second) {
      return aws::fail({"InvalidTag",
                        400,
                        "Cannot provide multiple Tags with the same key",
                        {{"TagKey", *tag.key}},
                        {}});
    }
  }
  if (auto checked = check_tags(out, max); !checked) return aws::fail(std::move(checked.error()));
  return out;
}

inline std::vector<gen::s3::Tag> shown_tags(const Tags& tags) {
  std::vector<gen::s3::Tag> out;
  for (const auto& [key, value] : tags) {
    auto& tag = out.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  return out;
}

}  // namespace kiln::s3
