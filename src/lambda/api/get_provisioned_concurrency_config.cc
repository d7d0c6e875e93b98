// SPDX-License-Identifier: Apache-2.0
// GetProvisionedConcurrencyConfig: how far the environments are.

#include "gen/lambda/get_provisioned_concurrency_config.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/provisioned.h"
#include "lambda/api/version_operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetProvisionedConcurrencyConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetProvisionedConcurrencyConfig", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto ref = parse_function_ref(context, *input.function_name, *input.qualifier);
  if (!ref) co_return aws::fail(std::move(ref.error()));
  if (ref->qualifier.empty() || ref->qualifier == kLatest) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "The function resource provided must be an alias or a published version."));
  }
  auto transaction = service.repository.look_at(ref->key);
  auto beginning = transaction.begin();
  KILN_API_TRY(const bool exists, "lambda", co_await std::move(beginning));
  if (!exists) co_return aws::fail(function_not_found(*ref));
  auto finding = find_provisionable(transaction, *ref);
  KILN_API_TRY(auto found, "lambda", co_await std::move(finding));
  if (!found) co_return aws::fail(std::move(found.error()));
  const auto& provisioned = transaction.record().provisioned;
  const auto config = provisioned.find(ref->qualifier);
  if (config == provisioned.end()) {
    co_return aws::fail(gen::lambda::provisioned_concurrency_config_not_found_exception(
        "No Provisioned Concurrency Config found for this function"));
  }
  auto asking = provisioned_state(service, *ref, config->second.count);
  KILN_API_TRY(const ProvisionedState state, "lambda", co_await std::move(asking));
  Model::Output output;
  describe_provisioned(config->second, state, output);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetProvisionedConcurrencyConfig{authorize, handle};

}  // namespace kiln::lambda
