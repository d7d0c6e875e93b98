// SPDX-License-Identifier: Apache-2.0
// https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html
#include "gen/lambda/delete_event_source_mapping.h"

#include "sources/api/common.h"
#include "sources/api/operations.h"

#include <utility>

namespace kiln::sources {
namespace {

using Model = gen::lambda::DeleteEventSourceMapping;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_mapping(context, "DeleteEventSourceMapping", input.uuid);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto updating = service.mappings.update(context.account, context.region, *input.uuid,
                                          [](Mapping& mapping) -> aws::ApiResult<void> {
                                            if (mapping.state == MappingState::kDeleting)
                                              return aws::fail(no_such_mapping());
                                            mapping.state = MappingState::kDeleting;
                                            ++mapping.revision;
                                            return {};
                                          });
  auto mapping = co_await updating;
  if (!mapping) co_return aws::fail(std::move(mapping.error()));
  co_return to_configuration(service, *mapping);
}

}  // namespace

const aws::Operation<Model, Service> kDeleteEventSourceMapping{authorize, handle};

}  // namespace kiln::sources
