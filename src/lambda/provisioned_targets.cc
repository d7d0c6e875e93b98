// SPDX-License-Identifier: Apache-2.0
#include "lambda/provisioned_targets.h"

#include "lambda/model/function_ref.h"
#include "lambda/model/provisioned.h"

#include <utility>

namespace kiln::lambda {

Task<Result<std::vector<ProvisionedTarget>>> ProvisionedTargets::targets(FunctionKey key) {
  auto finding = functions_.find(key);
  KILN_CO_TRY(const auto record, co_await std::move(finding));
  std::vector<ProvisionedTarget> out;
  if (!record) co_return out;
  std::map<std::string, std::int32_t> counts;
  for (const auto& [qualifier, config] : record->provisioned) {
    if (is_version_number(qualifier)) {
      counts[qualifier] += config.count;
      continue;
    }
    auto reading = parts_.alias(key, qualifier);
    KILN_CO_TRY(const auto alias, co_await std::move(reading));
    if (!alias) continue;
    for (const auto& [version, count] : split_provisioned(*alias, config.count)) {
      counts[version] += count;
    }
  }
  for (const auto& [version, config] : record->scaling) {
    counts[version] += config.min.value_or(0);
  }
  for (const auto& [number, count] : counts) {
    auto reading = parts_.version(key, number);
    KILN_CO_TRY(auto version, co_await std::move(reading));
    if (!version || version->state != State::kActive || count == 0) continue;
    out.push_back(
        {.version = std::make_shared<const FunctionVersion>(std::move(*version)), .count = count});
  }
  co_return out;
}

}  // namespace kiln::lambda
