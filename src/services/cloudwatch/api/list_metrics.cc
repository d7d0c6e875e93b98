// SPDX-License-Identifier: Apache-2.0
// ListMetrics: the series that had data in the last two weeks, 500 at a time.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
#include "gen/cloudwatch/list_metrics.h"

#include "services/cloudwatch/api/common.h"
#include "services/cloudwatch/api/operations.h"

#include <utility>

namespace kiln::cloudwatch {
namespace {

using Model = gen::cloudwatch::ListMetrics;

constexpr std::size_t kPage = 500;
constexpr std::int64_t kListedMs = 14 * 24 * metering::kHourMs;
constexpr std::int64_t kRecentMs = 3 * metering::kHourMs;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input&) {
  return {"cloudwatch:ListMetrics", "*"};
}

bool matches(const Model::Input& input, const metering::Series& series) {
  if (input.metric_name && series.name != *input.metric_name) return false;
  if (!input.dimensions) return true;
  for (const auto& filter : *input.dimensions) {
    const auto it = series.dimensions.find(*filter.name);
    if (it == series.dimensions.end()) return false;
    if (filter.value && it->second != *filter.value) return false;
  }
  return true;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  std::string after;
  if (input.next_token) {
    auto decoded = base64_decode(*input.next_token);
    if (!decoded) {
      co_return aws::fail(gen::cloudwatch::invalid_parameter_value_exception(
          "The value for parameter NextToken is invalid."));
    }
    after = std::move(*decoded);
  }
  auto flushing = service.metrics.flush(store::Durability::kBuffered);
  if (const Status flushed = co_await flushing; !flushed) {
    co_return aws::fail(aws::internal_failure("cloudwatch", flushed.error()));
  }
  const std::int64_t since = context.now.ms - (input.recently_active ? kRecentMs : kListedMs);
  auto listing = service.metrics.list(
      context.account, context.region, input.namespace_.value_or(""), std::move(after), kPage,
      [&input, since](const metering::Series& series, Timestamp seen) {
        return seen.ms >= since && matches(input, series);
      });
  KILN_API_TRY(metering::SeriesPage page, "cloudwatch", co_await listing);
  Model::Output output;
  auto& metrics = output.metrics.emplace();
  for (metering::Series& series : page.series) {
    auto& metric = metrics.emplace_back();
    metric.namespace_ = std::move(series.space);
    metric.metric_name = std::move(series.name);
    auto& dimensions = metric.dimensions.emplace();
    for (auto& [name, value] : series.dimensions) dimensions.push_back({name, value});
    if (input.include_linked_accounts.value_or(false)) {
      if (!output.owning_accounts) output.owning_accounts.emplace();
      output.owning_accounts->push_back(context.account);
    }
  }
  if (!page.next.empty()) output.next_token = base64_encode(page.next);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListMetrics{authorize, handle};

}  // namespace kiln::cloudwatch
