// SPDX-License-Identifier: Apache-2.0
// UpdateFunctionEventInvokeConfig: changes what the request names.

#include "gen/lambda/update_function_event_invoke_config.h"

#include "aws/operation.h"
#include "lambda/api/event_configs.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::UpdateFunctionEventInvokeConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "UpdateFunctionEventInvokeConfig", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref =
      parse_event_config_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  EventConfigChange change{.keeps_the_rest = true,
                           .max_retries = input.maximum_retry_attempts,
                           .max_age_s = input.maximum_event_age_in_seconds,
                           .destinations = std::move(input.destination_config)};
  auto changing = change_event_config(service, std::move(context), *ref, std::move(change));
  const auto config = co_await std::move(changing);
  if (!config) co_return aws::fail(config.error());
  Model::Output output;
  describe(ref->key, *config, output);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kUpdateFunctionEventInvokeConfig{authorize, handle};

}  // namespace kiln::lambda
