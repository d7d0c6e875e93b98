// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/policy_target.h"

#include "gen/lambda/errors.h"
#include "lambda/store/part_repository.h"

#include <utility>

namespace kiln::lambda {

namespace {

std::string version_key(const FunctionRef& ref) {
  return keys::version(ref.key, version_number(ref.qualifier));
}

// nullopt: there is no such version or alias.
Task<Result<std::optional<std::string>>> find_revision(FunctionTransaction& transaction,
                                                       FunctionRef ref) {
  if (ref.qualifier.empty()) co_return transaction.record().latest.revision_id;
  const bool numbered = is_version_number(ref.qualifier);
  auto reading =
      transaction.read(numbered ? version_key(ref) : keys::alias(ref.key, ref.qualifier));
  KILN_CO_TRY(const auto stored, co_await std::move(reading));
  if (!stored) co_return std::nullopt;
  if (numbered) {
    KILN_CO_TRY(FunctionVersion version, decode_version(*stored));
    co_return std::move(version.revision_id);
  }
  KILN_CO_TRY(Alias alias, decode_alias(*stored));
  co_return std::move(alias.revision_id);
}

Task<Status> revise(FunctionTransaction& transaction, FunctionRef ref, std::string revision) {
  if (ref.qualifier.empty()) {
    transaction.record().latest.revise(std::move(revision));
    co_return Status();
  }
  const bool numbered = is_version_number(ref.qualifier);
  std::string key = numbered ? version_key(ref) : keys::alias(ref.key, ref.qualifier);
  auto reading = transaction.read(key);
  KILN_CO_TRY(const auto stored, co_await std::move(reading));
  KILN_CHECK(stored.has_value());
  if (numbered) {
    KILN_CO_TRY(FunctionVersion version, decode_version(*stored));
    version.revise(std::move(revision));
    transaction.replace_version(version);
  } else {
    KILN_CO_TRY(Alias alias, decode_alias(*stored));
    alias.revision_id = std::move(revision);
    transaction.put(std::move(key), encode(alias));
  }
  co_return Status();
}

}  // namespace

Task<Result<aws::ApiResult<PolicyTarget>>> find_policy_target(FunctionTransaction& transaction,
                                                              FunctionRef ref) {
  using Answer = aws::ApiResult<PolicyTarget>;
  auto finding = find_revision(transaction, ref);
  KILN_CO_TRY(auto revision, co_await std::move(finding));
  if (!revision) co_return Answer(aws::fail(qualifier_not_found(ref)));
  auto reading = transaction.read(keys::policy(ref.key, ref.qualifier));
  KILN_CO_TRY(auto policy, co_await std::move(reading));
  co_return Answer(
      PolicyTarget{.policy = std::move(policy).value_or(""), .revision_id = std::move(*revision)});
}

Task<Result<aws::ApiResult<void>>> put_policy(FunctionTransaction& transaction, FunctionRef ref,
                                              std::string policy, std::string new_revision) {
  auto revising = revise(transaction, ref, std::move(new_revision));
  KILN_CO_TRY_VOID(co_await std::move(revising));
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
