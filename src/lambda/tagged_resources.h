// SPDX-License-Identifier: Apache-2.0
#pragma once
// TaggedResources are the resources with tags that another room keeps: event source mappings.

#include "async/task.h"
#include "aws/api_error.h"
#include "lambda/model/settings.h"

#include <functional>
#include <string>

namespace kiln::lambda {

class TaggedResources {
 public:
  using Change = std::function<void(Tags&)>;
  virtual ~TaggedResources() = default;
  // `arn` is of the caller's account and region. ResourceNotFoundException.
  virtual Task<aws::ApiResult<Tags>> tags(std::string arn) = 0;
  // `change` may run several times. The result passes check_tags() or is refused.
  virtual Task<aws::ApiResult<void>> change_tags(std::string arn, Change change) = 0;
};

}  // namespace kiln::lambda
