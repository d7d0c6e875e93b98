// SPDX-License-Identifier: Apache-2.0
#include "sources/filter.h"

#include "gen/lambda/errors.h"

#include <algorithm>

namespace kiln::sources {

aws::ApiResult<void> check_patterns(const std::vector<std::string>& patterns) {
  const auto refused = [](std::string message) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(std::move(message)));
  };
  if (patterns.size() > kMaxFilters) {
    return refused("Maximum number of filters is " + std::to_string(kMaxFilters) + ".");
  }
  for (const std::string& pattern : patterns) {
    if (pattern != kEverything && !aws::EventPattern::compile(pattern)) {
      return refused("Invalid filter pattern definition.");
    }
  }
  return {};
}

Filter::Filter(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    auto compiled = aws::EventPattern::compile(pattern);
    if (compiled) {
      patterns_.push_back(std::move(*compiled));
    } else {
      everything_ = true;
    }
  }
  everything_ = everything_ || patterns.empty();
}

bool Filter::passes(const ReceivedMessage& message) const {
  if (everything_) return true;
  const auto record = aws::PatternEvent::parse(message.record);
  if (!record) return false;
  const aws::PatternEvent event = record->with_json_field("body");
  return std::ranges::any_of(
      patterns_, [&event](const aws::EventPattern& pattern) { return pattern.matches(event); });
}

}  // namespace kiln::sources
