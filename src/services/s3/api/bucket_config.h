// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations on a bucket's configurations share.

#include "services/s3/api/common.h"

#include <optional>
#include <string>

namespace kiln::s3 {

// Sets or (nullopt) removes a configuration.
Task<aws::ApiResult<void>> set_config(Service& service, BucketPtr bucket, std::string kind,
                                      std::optional<std::string> value);
// The 404 of a configuration that is not there.
aws::ApiError no_config(std::string code, std::string message, const BucketState& bucket);

}  // namespace kiln::s3
