// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/policy_target.h"

#include "gen/lambda/errors.h"

#include <utility>

namespace kiln::lambda {

Task<Result<aws::ApiResult<PolicyTarget>>> find_policy_target(FunctionTransaction& transaction,
                                                              FunctionRef ref) {
  using Answer = aws::ApiResult<PolicyTarget>;
  if (!ref.qualifier.empty()) co_return Answer(aws::fail(qualifier_not_found(ref)));
  auto reading = transaction.read(keys::policy(ref.key, ref.qualifier));
  KILN_CO_TRY(auto policy, co_await std::move(reading));
  co_return Answer(PolicyTarget{.policy = std::move(policy).value_or(""),
                                .revision_id = transaction.record().latest.revision_id});
}

Task<Result<aws::ApiResult<void>>> put_policy(FunctionTransaction& transaction, FunctionRef ref,
                                              std::string policy, std::string new_revision) {
  transaction.record().latest.revise(std::move(new_revision));
  if (policy.empty()) {
    transaction.erase(keys::policy(ref.key, ref.qualifier));
  } else {
    transaction.put(keys::policy(ref.key, ref.qualifier), std::move(policy));
  }
  co_return aws::ApiResult<void>();
}

aws::ApiResult<void> check_revision(const std::optional<std::string>& wanted,
                                    const std::string& revision_id) {
  if (!wanted || *wanted == revision_id) return {};
  return aws::fail(gen::lambda::precondition_failed_exception(
      "The Revision Id provided does not match the latest Revision Id. Call the "
      "GetFunction/GetAlias API to retrieve the latest Revision Id"));
}

void forget_latest(FunctionRef& ref) {
  if (ref.qualifier == kLatest) ref.qualifier.clear();
}

}  // namespace kiln::lambda
