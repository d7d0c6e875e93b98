// SPDX-License-Identifier: Apache-2.0
#pragma once
// Undoes the compression that clients apply to large requests (PutMetricData, PutLogEvents).

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::aws::protocol {

// True when the last coding of a Content-Encoding header is gzip: the one to undo first. SDKs
// append theirs to what the caller gave.
bool ends_with_gzip(std::string_view content_encoding);

// kInvalidArgument: no gzip, or it ends early. kLimitExceeded: more than `max_bytes` come out; no
// more than that is ever held.
Result<std::string> gunzip(std::string_view bytes, std::uint64_t max_bytes);

}  // namespace kiln::aws::protocol
