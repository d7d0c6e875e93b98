// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/provisioned.h"

#include "gen/lambda/errors.h"

#include <utility>

namespace kiln::lambda {

Task<Result<aws::ApiResult<void>>> find_provisionable(FunctionTransaction& transaction,
                                                      FunctionRef ref) {
  using Answer = aws::ApiResult<void>;
  const auto number = version_number(ref.qualifier);
  auto reading = transaction.read(number > 0 ? keys::version(ref.key, number)
                                             : keys::alias(ref.key, ref.qualifier));
  KILN_CO_TRY(const auto stored, co_await std::move(reading));
  if (!stored) co_return Answer(aws::fail(qualifier_not_found(ref)));
  if (number > 0) co_return Answer();
  KILN_CO_TRY(const Alias alias, decode_alias(*stored));
  if (alias.version == kLatest) {
    co_return Answer(aws::fail(gen::lambda::invalid_parameter_value_exception(
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.")));
  }
  co_return Answer();
}

Task<Result<ProvisionedState>> provisioned_state(Service& service, FunctionRef ref,
                                                 std::int32_t count) {
  ProvisionedState out;
  if (!service.provisioned) co_return out;
  std::map<std::string, std::int32_t> shares{{ref.qualifier, count}};
  if (!is_version_number(ref.qualifier)) {
    auto reading = service.parts.alias(ref.key, ref.qualifier);
    KILN_CO_TRY(const auto alias, co_await std::move(reading));
    if (!alias) co_return out;
    shares = split_provisioned(*alias, count);
  }
  for (const auto& [version, share] : shares) {
    const auto state = service.provisioned->state(ref.key, version);
    out.allocated += std::min(state.allocated, share);
    if (state.failed) {
      out.failed = true;
      out.reason = state.reason;
    }
  }
  co_return out;
}

}  // namespace kiln::lambda
