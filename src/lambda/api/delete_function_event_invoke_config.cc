// SPDX-License-Identifier: Apache-2.0
// DeleteFunctionEventInvokeConfig: back to two retries and six hours.

#include "gen/lambda/delete_function_event_invoke_config.h"

#include "aws/operation.h"
#include "lambda/api/event_configs.h"
#include "lambda/store/function_transaction.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::DeleteFunctionEventInvokeConfig;

Task<Result<aws::ApiResult<void>>> erase(FunctionTransaction& transaction, const FunctionRef& ref) {
  const std::string key = keys::event_config(ref.key, ref.qualifier);
  auto reading = transaction.read(key);
  KILN_CO_TRY(const auto bytes, co_await std::move(reading));
  if (!bytes) co_return aws::ApiResult<void>(aws::fail(no_event_config(ref)));
  transaction.erase(key);
  co_return aws::ApiResult<void>();
}

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "DeleteFunctionEventInvokeConfig", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref =
      parse_event_config_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  auto deleting = service.repository.change(
      ref->key, no_event_config(*ref),
      [&ref](FunctionTransaction& transaction) { return erase(transaction, *ref); });
  if (auto deleted = co_await std::move(deleting); !deleted)
    co_return aws::fail(std::move(deleted.error()));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kDeleteFunctionEventInvokeConfig{authorize, handle};

}  // namespace kiln::lambda
