// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/alias.h"

#include "gen/lambda/errors.h"
#include "lambda/model/function_ref.h"

namespace kiln::lambda {
namespace {

std::unexpected<aws::ApiError> invalid(std::string message) {
  return aws::fail(gen::lambda::invalid_parameter_value_exception(std::move(message)));
}

}  // namespace

const std::string& pick_version(const Alias& alias, std::uint64_t draw) {
  // 53 bits: all that a double holds, so that the share is in [0, 1).
  double share = static_cast<double>(draw >> 11) * 0x1.0p-53;
  for (const auto& [version, weight] : alias.weights) {
    if (share < weight) return version;
    share -= weight;
  }
  return alias.version;
}

aws::ApiResult<void> check_weights(std::string_view version, const Weights& weights) {
  if (!weights || weights->empty()) return {};
  if (weights->size() > 1) {
    return invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
  }
  const auto& other = weights->begin()->first;
  if (other == version) {
    return invalid("Invalid function version " + other + ". Function version " + other +
                   " is already included in routing configuration.");
  }
  if (version == kLatest) {
    return invalid("$LATEST is not supported for an alias pointing to more than 1 version");
  }
  return {};
}

aws::ApiResult<void> check_alike(const FunctionVersion& one, const FunctionVersion& other) {
  const std::string both = "Versions " + one.version + " and " + other.version +
                           " can't share an alias: they must have the same ";
  if (one.role != other.role) return invalid(both + "execution role.");
  if (one.dead_letter_target != other.dead_letter_target) {
    return invalid(both + "dead-letter queue configuration.");
  }
  return {};
}

}  // namespace kiln::lambda
