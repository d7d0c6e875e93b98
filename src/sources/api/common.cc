// SPDX-License-Identifier: Apache-2.0
#include "sources/api/common.h"

#include "aws/arn.h"
#include "gen/lambda/errors.h"
#include "lambda/model/decisions.h"
#include "lambda/model/function_ref.h"
#include "sources/mapping_settings.h"

#include <utility>

namespace kiln::sources {

aws::Authorization authorize_mapping(const aws::RequestContext& context, std::string_view action,
                                     const std::optional<std::string>& uuid) {
  return {"lambda:" + std::string(action), "arn:aws:lambda:" + context.region + ":" +
                                               context.account +
                                               ":event-source-mapping:" + uuid.value_or("")};
}

gen::lambda::EventSourceMappingConfiguration to_configuration(const Service& service,
                                                              const Mapping& m) {
  gen::lambda::EventSourceMappingConfiguration out;
  out.uuid = m.uuid;
  out.event_source_mapping_arn = m.arn();
  out.event_source_arn = m.source_arn;
  out.function_arn = m.function_arn;
  out.batch_size = m.batch_size;
  out.maximum_batching_window_in_seconds = m.window_s;
  out.last_modified = m.last_modified;
  out.last_processing_result = service.supervisor.last_result(m.uuid);
  out.state = std::string(to_string(m.state));
  out.state_transition_reason = "User action";
  out.function_response_types.emplace();
  if (m.report_failures) out.function_response_types->push_back("ReportBatchItemFailures");
  if (!m.filters.empty()) {
    auto& filters = out.filter_criteria.emplace().filters.emplace();
    for (const std::string& pattern : m.filters) filters.push_back({.pattern = pattern});
  }
  if (m.counts_events) out.metrics_config.emplace().metrics.emplace().push_back("EventCount");
  if (m.maximum_concurrency) {
    out.scaling_config.emplace().maximum_concurrency = m.maximum_concurrency;
  }
  if (m.pollers) {
    auto& config = out.provisioned_poller_config.emplace();
    config.minimum_pollers = m.pollers->minimum;
    config.maximum_pollers = m.pollers->maximum;
    if (!m.pollers->group.empty()) config.poller_group_name = m.pollers->group;
  }
  return out;
}

Task<aws::ApiResult<Mapping>> find_mapping(Service& service, aws::RequestContext context,
                                           std::string uuid) {
  auto finding = service.mappings.find(context.account, context.region, std::move(uuid));
  KILN_API_TRY(auto mapping, "sources", co_await finding);
  if (!mapping) co_return aws::fail(no_such_mapping());
  co_return std::move(*mapping);
}

Task<aws::ApiResult<void>> check_ends(Service& service, aws::RequestContext context,
                                      std::string function_name, Mapping& mapping) {
  if (!function_name.empty()) {
    const auto ref = lambda::parse_function_ref(context, function_name, "");
    if (!ref) co_return aws::fail(ref.error());
    mapping.function_arn = ref->arn();
  }
  auto resolving = service.functions.resolve(context, mapping.function_arn, "");
  auto function = co_await resolving;
  if (!function) co_return aws::fail(std::move(function.error()));
  auto good = lambda::check_no_tenants(*function->version, "Event source mappings");
  if (!good) co_return good;
  MessageSource* source = service.sources.find(mapping.source_arn);
  if (!source) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "Unrecognized event source, must be sqs. Unsupported source arn : " + mapping.source_arn));
  }
  auto describing = source->describe({mapping.source_arn, function->version->role});
  const auto queue = co_await describing;
  if (!queue) co_return aws::fail(queue.error());
  co_return check(mapping, *queue, function->version->timeout_s);
}

}  // namespace kiln::sources
