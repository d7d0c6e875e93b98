// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/provisioned.h"

#include "gen/lambda/errors.h"

#include <cmath>

namespace kiln::lambda {

std::int64_t total_provisioned(const FunctionRecord& record) {
  std::int64_t out = 0;
  for (const auto& [qualifier, config] : record.provisioned) out += config.count;
  for (const auto& [version, config] : record.scaling) out += config.min.value_or(0);
  return out;
}

std::int64_t claimed_concurrency(const FunctionRecord& record) {
  return record.reserved_concurrency ? *record.reserved_concurrency : total_provisioned(record);
}

aws::ApiResult<void> check_provisioned(const FunctionRecord& record) {
  if (!record.reserved_concurrency || total_provisioned(record) <= *record.reserved_concurrency) {
    return {};
  }
  return aws::fail(gen::lambda::invalid_parameter_value_exception(
      "Requested Provisioned Concurrency should not be greater than the "
      "reservedConcurrentExecution for function"));
}

std::map<std::string, std::int32_t> split_provisioned(const Alias& alias, std::int32_t count) {
  std::map<std::string, std::int32_t> out;
  std::int32_t left = count;
  for (const auto& [version, weight] : alias.weights) {
    const auto share = static_cast<std::int32_t>(std::lround(weight * count));
    out[version] = share;
    left -= share;
  }
  out[alias.version] += left;
  return out;
}

}  // namespace kiln::lambda
