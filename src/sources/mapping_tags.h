// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tags of event source mappings, for Lambda's TagResource and the like.

#include "lambda/tagged_resources.h"
#include "sources/mapping_repository.h"

namespace kiln::sources {

class MappingTags final : public lambda::TaggedResources {
 public:
  // `mappings` outlives it.
  explicit MappingTags(MappingRepository& mappings) : mappings_(mappings) {}
  Task<aws::ApiResult<lambda::Tags>> tags(std::string arn) override;
  Task<aws::ApiResult<void>> change_tags(std::string arn, Change change) override;

 private:
  MappingRepository& mappings_;
};

}  // namespace kiln::sources
