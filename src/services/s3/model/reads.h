// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decisions about reads: ranges and conditions. Pure functions.

#include "aws/api_error.h"
#include "services/s3/model/records.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::s3 {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
};

// One range of a Range header. nullopt: the whole object (no range, several, or none that is
// understood). InvalidRange when it lies past the end.
aws::ApiResult<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size);

struct ReadConditions {
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;
  std::optional<Timestamp> if_modified_since;
  std::optional<Timestamp> if_unmodified_since;
};
// PreconditionFailed, or NotModified with the headers of a 304.
aws::ApiResult<void> check_read(const ReadConditions& conditions, const Version& version);
// The same for the source of a copy, where everything is a PreconditionFailed.
aws::ApiResult<void> check_copy_source(const ReadConditions& conditions, const Version& version);

}  // namespace kiln::s3
