// SPDX-License-Identifier: Apache-2.0
// PutRuntimeManagementConfig: when the function gets another version of its runtime. The server has
// one version of each, so Manual can pin no other.

#include "gen/lambda/put_runtime_management_config.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::PutRuntimeManagementConfig;

aws::ApiResult<void> check(const FunctionVersion& function, const Model::Input& input) {
  const bool manual = *input.update_runtime_on == "Manual";
  const std::string arn = input.runtime_version_arn.value_or("");
  if (manual && arn.empty()) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "RuntimeVersionArn is required when UpdateRuntimeOn is Manual."));
  }
  if (!manual && !arn.empty()) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "RuntimeVersionArn is only allowed when UpdateRuntimeOn is Manual."));
  }
  if (!manual || arn == runtime_version_arn(function.region, function.runtime)) return {};
  return aws::fail(gen::lambda::invalid_parameter_value_exception(
      "The runtime version " + arn + " is not there for the runtime " + function.runtime + "."));
}

void set(FunctionVersion& function, const Model::Input& input, const std::string& revision) {
  function.update_runtime_on = *input.update_runtime_on;
  function.pinned_runtime_arn = input.runtime_version_arn.value_or("");
  function.revise(revision);
}

// On $LATEST or on one published version, as the reference says; `changed` is that one afterwards.
Task<Result<aws::ApiResult<void>>> change(FunctionTransaction& transaction, const FunctionRef& ref,
                                          const Model::Input& input, const std::string& revision,
                                          FunctionVersion& changed) {
  FunctionVersion& latest = transaction.record().latest;
  if (ref.qualifier.empty() || ref.qualifier == kLatest) {
    if (auto good = check(latest, input); !good) co_return good;
    set(latest, input, revision);
    changed = latest;
    co_return aws::ApiResult<void>();
  }
  std::optional<std::string> stored;
  if (is_version_number(ref.qualifier)) {
    const auto number = version_number(ref.qualifier);
    auto reading = transaction.read(keys::version(transaction.key(), number));
    KILN_CO_TRY(stored, co_await std::move(reading));
  }
  if (!stored) co_return aws::ApiResult<void>(aws::fail(qualifier_not_found(ref)));
  KILN_CO_TRY(changed, decode_version(*stored));
  if (auto good = check(changed, input); !good) co_return good;
  set(changed, input, revision);
  transaction.replace_version(changed);
  co_return aws::ApiResult<void>();
}

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "PutRuntimeManagementConfig", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_function_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  const std::string revision = service.random.uuid();
  FunctionVersion function;
  auto update = service.repository.change(
      ref->key, function_not_found(*ref), [&](FunctionTransaction& transaction) {
        return change(transaction, *ref, input, revision, function);
      });
  if (auto updated = co_await std::move(update); !updated) {
    co_return aws::fail(std::move(updated.error()));
  }
  Model::Output output;
  output.update_runtime_on = function.update_runtime_on;
  output.function_arn = function.qualified_arn();
  output.runtime_version_arn = std::move(input.runtime_version_arn);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kPutRuntimeManagementConfig{authorize, handle};

}  // namespace kiln::lambda
