// SPDX-License-Identifier: Apache-2.0
#include "sources/api/operations.h"

#include "gen/lambda/create_event_source_mapping.h"
#include "gen/lambda/delete_event_source_mapping.h"
#include "gen/lambda/get_event_source_mapping.h"
#include "gen/lambda/list_event_source_mappings.h"
#include "gen/lambda/update_event_source_mapping.h"
#include "sources/service.h"

namespace kiln::sources {

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kCreateEventSourceMapping);
  registry.add(service, kDeleteEventSourceMapping);
  registry.add(service, kGetEventSourceMapping);
  registry.add(service, kListEventSourceMappings);
  registry.add(service, kUpdateEventSourceMapping);
}

}  // namespace kiln::sources
