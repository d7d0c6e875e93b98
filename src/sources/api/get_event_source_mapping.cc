// SPDX-License-Identifier: Apache-2.0
// https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html
#include "gen/lambda/get_event_source_mapping.h"

#include "sources/api/common.h"
#include "sources/api/operations.h"

#include <utility>

namespace kiln::sources {
namespace {

using Model = gen::lambda::GetEventSourceMapping;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_mapping(context, "GetEventSourceMapping", input.uuid);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto finding = find_mapping(service, std::move(context), *input.uuid);
  auto mapping = co_await finding;
  if (!mapping) co_return aws::fail(std::move(mapping.error()));
  co_return to_configuration(service, *mapping);
}

}  // namespace

const aws::Operation<Model, Service> kGetEventSourceMapping{authorize, handle};

}  // namespace kiln::sources
