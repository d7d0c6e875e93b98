// SPDX-License-Identifier: Apache-2.0
// DeleteProvisionedConcurrencyConfig: one that is not there is deleted already.

#include "gen/lambda/delete_provisioned_concurrency_config.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/provisioned.h"
#include "lambda/api/version_operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::DeleteProvisionedConcurrencyConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "DeleteProvisionedConcurrencyConfig", input.function_name,
                            input.qualifier.value_or(""));
}

Task<Result<aws::ApiResult<void>>> apply(FunctionTransaction& transaction, FunctionRef ref) {
  auto finding = find_provisionable(transaction, ref);
  KILN_CO_TRY(auto found, co_await std::move(finding));
  if (!found) co_return std::move(found);
  transaction.record().provisioned.erase(ref.qualifier);
  co_return aws::ApiResult<void>();
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto ref = parse_function_ref(context, *input.function_name, *input.qualifier);
  if (!ref) co_return aws::fail(std::move(ref.error()));
  if (ref->qualifier.empty() || ref->qualifier == kLatest) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "The function resource provided must be an alias or a published version."));
  }
  const FunctionRef& named = *ref;
  auto changing = service.repository.change(
      ref->key, function_not_found({.key = ref->key, .qualifier = ""}),
      [&named](FunctionTransaction& transaction) { return apply(transaction, named); });
  if (auto changed = co_await std::move(changing); !changed) {
    co_return aws::fail(std::move(changed.error()));
  }
  co_return Model::Output();
}

}  // namespace

const aws::Operation<Model, Service> kDeleteProvisionedConcurrencyConfig{authorize, handle};

}  // namespace kiln::lambda
