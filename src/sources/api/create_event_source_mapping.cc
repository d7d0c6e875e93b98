// SPDX-License-Identifier: Apache-2.0
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
#include "gen/lambda/create_event_source_mapping.h"

#include "gen/lambda/errors.h"
#include "lambda/model/function_ref.h"
#include "sources/api/common.h"
#include "sources/api/operations.h"
#include "sources/mapping_settings.h"

#include <utility>

namespace kiln::sources {
namespace {

using Model = gen::lambda::CreateEventSourceMapping;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {
      "lambda:CreateEventSourceMapping",
      "*",
      {{"lambda:FunctionArn", {lambda::resource_arn(context, input.function_name.value_or(""))}}}};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  if (auto good = check_supported(input); !good) co_return aws::fail(std::move(good.error()));
  if (!input.event_source_arn) {
    co_return aws::fail(
        gen::lambda::invalid_parameter_value_exception("Unrecognized event source."));
  }
  Mapping mapping{.uuid = service.random.uuid(),
                  .account = context.account,
                  .region = context.region,
                  .source_arn = *input.event_source_arn,
                  .last_modified = service.clock.wall()};
  if (auto good = apply(input, mapping); !good) co_return aws::fail(std::move(good.error()));
  auto checking = check_ends(service, context, *input.function_name, mapping);
  if (auto good = co_await checking; !good) co_return aws::fail(std::move(good.error()));
  auto creating = service.mappings.create(mapping, *input.function_name);
  if (auto created = co_await creating; !created) co_return aws::fail(std::move(created.error()));
  co_return to_configuration(service, mapping);
}

}  // namespace

const aws::Operation<Model, Service> kCreateEventSourceMapping{authorize, handle};

}  // namespace kiln::sources
