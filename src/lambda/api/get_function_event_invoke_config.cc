// SPDX-License-Identifier: Apache-2.0
// GetFunctionEventInvokeConfig: retries, age and destinations of asynchronous events.

#include "gen/lambda/get_function_event_invoke_config.h"

#include "aws/operation.h"
#include "lambda/api/event_configs.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetFunctionEventInvokeConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetFunctionEventInvokeConfig", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref =
      parse_event_config_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  auto transaction = service.repository.look_at(ref->key);
  auto finding = find_event_config(transaction.store(), ref->key, ref->qualifier);
  KILN_API_TRY(const auto config, "lambda", co_await std::move(finding));
  if (!config) co_return aws::fail(no_event_config(*ref));
  Model::Output output;
  describe(ref->key, *config, output);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetFunctionEventInvokeConfig{authorize, handle};

}  // namespace kiln::lambda
