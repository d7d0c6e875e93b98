// SPDX-License-Identifier: Apache-2.0
#include "services/logs/api/operations.h"

#include "gen/logs/create_log_group.h"
#include "gen/logs/create_log_stream.h"
#include "gen/logs/delete_log_group.h"
#include "gen/logs/delete_log_stream.h"
#include "gen/logs/delete_retention_policy.h"
#include "gen/logs/describe_log_groups.h"
#include "gen/logs/describe_log_streams.h"
#include "gen/logs/filter_log_events.h"
#include "gen/logs/get_log_events.h"
#include "gen/logs/list_tags_for_resource.h"
#include "gen/logs/list_tags_log_group.h"
#include "gen/logs/put_log_events.h"
#include "gen/logs/put_retention_policy.h"
#include "gen/logs/tag_log_group.h"
#include "gen/logs/tag_resource.h"
#include "gen/logs/untag_log_group.h"
#include "gen/logs/untag_resource.h"
#include "services/logs/api/operation_list.h"

namespace kiln::logs {

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kCreateLogGroup);
  registry.add(service, kDeleteLogGroup);
  registry.add(service, kDescribeLogGroups);
  registry.add(service, kCreateLogStream);
  registry.add(service, kDeleteLogStream);
  registry.add(service, kDescribeLogStreams);
  registry.add(service, kPutLogEvents);
  registry.add(service, kGetLogEvents);
  registry.add(service, kFilterLogEvents);
  registry.add(service, kPutRetentionPolicy);
  registry.add(service, kDeleteRetentionPolicy);
  registry.add(service, kTagResource);
  registry.add(service, kUntagResource);
  registry.add(service, kListTagsForResource);
  registry.add(service, kTagLogGroup);
  registry.add(service, kUntagLogGroup);
  registry.add(service, kListTagsLogGroup);
}

}  // namespace kiln::logs
