// SPDX-License-Identifier: Apache-2.0
#include "sources/filter.h"

#include "lambda/model/settings.h"

namespace kiln::sources {

aws::ApiResult<void> check_patterns(const std::vector<std::string>& patterns) {
  if (!patterns.empty()) return aws::fail(lambda::not_supported("FilterCriteria"));
  return {};
}

Filter::Filter(const std::vector<std::string>&) {}

bool Filter::passes(const ReceivedMessage&) const { return true; }

}  // namespace kiln::sources
