// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/describe_log_groups.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"

#include <utility>
#include <vector>

namespace kiln::logs {

namespace {

using gen::logs::DescribeLogGroups;
using gen::logs::LogGroup;

aws::Authorization authorize(const aws::RequestContext&, const DescribeLogGroups::Input&) {
  return {"logs:DescribeLogGroups", "*", {}};
}

bool selected(const DescribeLogGroups::Input& input, const Named<Group>& group) {
  if (input.log_group_class && group.value.log_class != *input.log_group_class) return false;
  return !input.log_group_name_pattern ||
         group.name.find(*input.log_group_name_pattern) != std::string::npos;
}

Task<aws::ApiResult<LogGroup>> describe(Service& service, GroupName name, Group group, bool brief) {
  LogGroup out;
  out.log_group_name = name.name;
  out.creation_time = group.created_ms;
  out.arn = group_arn(name) + ":*";
  // A search by pattern answers no more than this.
  if (brief) co_return out;
  out.log_group_arn = group_arn(name);
  out.metric_filter_count = 0;
  out.log_group_class = group.log_class;
  out.deletion_protection_enabled = group.deletion_protection;
  if (group.retention_days > 0) {
    out.retention_in_days = static_cast<std::int32_t>(group.retention_days);
  }
  if (!group.kms_key_id.empty()) out.kms_key_id = group.kms_key_id;
  KILN_API_TRY(out.stored_bytes, kRoom,
               co_await service.catalog.stored_bytes(std::move(name), std::move(group.id)));
  co_return out;
}

// logGroupIdentifiers: those that exist, in the order of the request.
Task<aws::ApiResult<DescribeLogGroups::Output>> describe_named(
    Service& service, aws::RequestContext context, std::vector<std::string> identifiers) {
  DescribeLogGroups::Output output;
  output.log_groups.emplace();
  for (const std::string& identifier : identifiers) {
    auto name = group_of(context, std::nullopt, identifier);
    if (!name) continue;
    KILN_API_TRY(auto group, kRoom, co_await service.catalog.find_group(*name));
    if (!group) continue;
    auto described = co_await describe(service, std::move(*name), std::move(*group), false);
    if (!described) co_return aws::fail(std::move(described.error()));
    output.log_groups->push_back(std::move(*described));
  }
  co_return output;
}

Task<aws::ApiResult<DescribeLogGroups::Output>> handle(Service& service,
                                                       aws::RequestContext context,
                                                       DescribeLogGroups::Input input) {
  if (input.log_group_name_prefix && input.log_group_name_pattern) {
    co_return aws::fail(invalid_parameter(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
  }
  // Stored bytes count what functions have just said.
  co_await service.ingest.flush();
  if (input.log_group_identifiers) {
    auto named = describe_named(service, std::move(context), *input.log_group_identifiers);
    co_return co_await named;
  }
  auto after = name_of_token(input.next_token);
  if (!after) co_return aws::fail(std::move(after.error()));
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kMaxDescribed));
  constexpr std::size_t kPage = 200;
  DescribeLogGroups::Output output;
  output.log_groups.emplace();
  for (;;) {
    KILN_API_TRY(auto page, kRoom,
                 co_await service.catalog.list_groups(context.account, context.region,
                                                      input.log_group_name_prefix.value_or(""),
                                                      *after, kPage));
    for (Named<Group>& group : page) {
      if (!selected(input, group)) continue;
      if (output.log_groups->size() == limit) {
        output.next_token = name_token(*output.log_groups->back().log_group_name);
        co_return output;
      }
      auto described =
          co_await describe(service, {context.account, context.region, group.name},
                            std::move(group.value), input.log_group_name_pattern.has_value());
      if (!described) co_return aws::fail(std::move(described.error()));
      output.log_groups->push_back(std::move(*described));
    }
    if (page.size() < kPage) co_return output;
    *after = page.back().name;
  }
}

}  // namespace

const aws::Operation<DescribeLogGroups, Service> kDescribeLogGroups{authorize, handle};

}  // namespace kiln::logs
