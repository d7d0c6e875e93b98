// SPDX-License-Identifier: Apache-2.0
#pragma once
// Aliases: names for a version of a function, or for two with shares. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html

#include "aws/api_error.h"
#include "lambda/model/function.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::lambda {

struct Alias {
  std::string name;
  std::string version;  // "$LATEST" or a number
  std::string description;
  // The share of invocations, 0 to 1, that another version gets; at most one.
  std::map<std::string, double> weights;
  std::string revision_id;

  bool leads_to(std::string_view number) const {
    return version == number || weights.contains(std::string(number));
  }
};

// The version that an invocation gets: `draw` is even over all 64-bit numbers.
const std::string& pick_version(const Alias& alias, std::uint64_t draw);

using Weights = std::optional<std::map<std::string, double>>;

// What does not depend on the versions that exist: InvalidParameterValueException.
aws::ApiResult<void> check_weights(std::string_view version, const Weights& weights);

// Two versions behind one alias have one role and one dead letter target.
aws::ApiResult<void> check_alike(const FunctionVersion& one, const FunctionVersion& other);

}  // namespace kiln::lambda
