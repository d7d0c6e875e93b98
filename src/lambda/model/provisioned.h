// SPDX-License-Identifier: Apache-2.0
#pragma once
// Provisioned concurrency: environments that are started before anybody calls. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html

#include "aws/api_error.h"
#include "lambda/model/alias.h"
#include "lambda/store/function_codec.h"

#include <cstdint>
#include <map>
#include <string>

namespace kiln::lambda {

// Environments that are kept started for versions and aliases of the function, whether provisioned
// or the least that a scaling configuration allows.
std::int64_t total_provisioned(const FunctionRecord& record);

// What a function takes from what all others of the account share: its reservation, else what it
// has provisioned.
std::int64_t claimed_concurrency(const FunctionRecord& record);

// All that is provisioned fits into the reservation, when there is one. `record` is as wanted.
aws::ApiResult<void> check_provisioned(const FunctionRecord& record);

// The environments that `count` for an alias means for each of its versions, by their shares.
std::map<std::string, std::int32_t> split_provisioned(const Alias& alias, std::int32_t count);

}  // namespace kiln::lambda
