// SPDX-License-Identifier: Apache-2.0
#pragma once
// Filter decides which messages reach the function: those that one of the patterns matches.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
//
// A pattern of a queue looks at "body" (parsed when it is JSON, text otherwise) and at the other
// fields of the record.

#include "aws/api_error.h"
#include "aws/event_pattern.h"
#include "sources/message_source.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::sources {

inline constexpr std::size_t kMaxFilters = 10;
// Matches every message.
inline constexpr std::string_view kEverything = "{}";

// InvalidParameterValueException "Invalid filter pattern definition."
aws::ApiResult<void> check_patterns(const std::vector<std::string>& patterns);

class Filter {
 public:
  // `patterns` passed check_patterns(). None: every message passes.
  explicit Filter(const std::vector<std::string>& patterns);
  bool passes(const ReceivedMessage& message) const;

 private:
  bool everything_ = false;
  std::vector<aws::EventPattern> patterns_;
};

}  // namespace kiln::sources
