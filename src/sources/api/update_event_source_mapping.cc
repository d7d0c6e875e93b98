// SPDX-License-Identifier: Apache-2.0
// https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
#include "gen/lambda/update_event_source_mapping.h"

#include "gen/lambda/errors.h"
#include "sources/api/common.h"
#include "sources/api/operations.h"
#include "sources/mapping_settings.h"

#include <utility>

namespace kiln::sources {
namespace {

using Model = gen::lambda::UpdateEventSourceMapping;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_mapping(context, "UpdateEventSourceMapping", input.uuid);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  if (auto good = check_supported(input); !good) co_return aws::fail(std::move(good.error()));
  auto finding = find_mapping(service, context, *input.uuid);
  auto found = co_await finding;
  if (!found) co_return aws::fail(std::move(found.error()));
  Mapping wanted = std::move(*found);
  const bool was_enabled = wanted.enabled;
  if (auto good = apply(input, wanted); !good) co_return aws::fail(std::move(good.error()));
  auto checking = check_ends(service, context, input.function_name.value_or(""), wanted);
  if (auto good = co_await checking; !good) co_return aws::fail(std::move(good.error()));

  MappingState state = MappingState::kUpdating;
  if (wanted.enabled != was_enabled) {
    state = wanted.enabled ? MappingState::kEnabling : MappingState::kDisabling;
  }
  auto updating = service.mappings.update(
      context.account, context.region, *input.uuid,
      [&wanted, state, now = service.clock.wall()](Mapping& mapping) -> aws::ApiResult<void> {
        if (mapping.state == MappingState::kDeleting) return aws::fail(no_such_mapping());
        // Another update came between reading and writing: this one decided on what is gone.
        if (mapping.revision != wanted.revision) {
          return aws::fail(gen::lambda::resource_conflict_exception(
              "The event source mapping was changed by another request. Please try again."));
        }
        mapping = wanted;
        mapping.state = state;
        ++mapping.revision;
        mapping.last_modified = now;
        return {};
      });
  auto updated = co_await updating;
  if (!updated) co_return aws::fail(std::move(updated.error()));
  co_return to_configuration(service, *updated);
}

}  // namespace

const aws::Operation<Model, Service> kUpdateEventSourceMapping{authorize, handle};

}  // namespace kiln::sources
