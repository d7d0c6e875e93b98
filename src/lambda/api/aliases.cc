// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/aliases.h"

#include <utility>

namespace kiln::lambda {
namespace {

// nullopt: there is no such version.
Task<Result<std::optional<FunctionVersion>>> read_version(FunctionTransaction& transaction,
                                                          std::string number) {
  if (number == kLatest) co_return transaction.record().latest;
  const auto n = version_number(number);
  if (n == 0) co_return std::nullopt;
  auto reading = transaction.read(keys::version(transaction.key(), n));
  KILN_CO_TRY(const auto stored, co_await std::move(reading));
  if (!stored) co_return std::nullopt;
  KILN_CO_TRY(FunctionVersion version, decode_version(*stored));
  co_return std::optional(std::move(version));
}

}  // namespace

Task<Result<aws::ApiResult<void>>> check_versions(FunctionTransaction& transaction, Alias alias) {
  using Answer = aws::ApiResult<void>;
  const FunctionKey& key = transaction.key();
  auto reading = read_version(transaction, alias.version);
  KILN_CO_TRY(const auto main, co_await std::move(reading));
  if (!main) {
    co_return Answer(aws::fail(function_not_found({.key = key, .qualifier = alias.version})));
  }
  for (const auto& [number, weight] : alias.weights) {
    auto reading_other = read_version(transaction, number);
    KILN_CO_TRY(const auto other, co_await std::move(reading_other));
    if (!other) {
      co_return Answer(aws::fail(function_not_found({.key = key, .qualifier = number})));
    }
    if (auto alike = check_alike(*main, *other); !alike) co_return std::move(alike);
  }
  co_return Answer();
}

}  // namespace kiln::lambda
