// SPDX-License-Identifier: Apache-2.0
#include "server/usage_route.h"

#include "base/time.h"

#include <boost/json.hpp>

#include <optional>
#include <utility>

namespace kiln::server {
namespace {

constexpr std::int64_t kDayMs = 24 * metering::kHourMs;

std::optional<std::int64_t> day_of(const SignedRoutes::Parameters& parameters,
                                   std::string_view name) {
  const auto it = parameters.find(name);
  if (it == parameters.end() || it->second.size() != 10) return std::nullopt;
  const auto time = parse_iso8601(it->second + "T00:00:00Z");
  if (!time) return std::nullopt;
  return time->ms / kDayMs;
}

boost::json::object to_json(const metering::UsageOfDay& of_day) {
  const metering::Usage& usage = of_day.usage;
  return {{"day", format_iso8601({of_day.day * kDayMs}).substr(0, 10)},
          {"function", of_day.function},
          {"architecture", of_day.architecture},
          {"requests", usage.requests},
          {"billedMs", usage.billed_ms},
          {"memoryMbMs", usage.memory_mb_ms},
          {"initMs", usage.init_ms},
          {"storageMbMs", usage.storage_mb_ms},
          {"provisionedMbMs", usage.provisioned_mb_ms},
          {"provisionedRunMbMs", usage.provisioned_run_mb_ms}};
}

Task<aws::ApiResult<std::string>> answer(metering::LambdaMeter& meter, aws::RequestContext context,
                                         SignedRoutes::Parameters parameters) {
  const auto from = day_of(parameters, "from");
  const auto to = day_of(parameters, "to");
  if (!from || !to) {
    co_return aws::fail({"ValidationException", 400, "from and to are days like 2026-11-21."});
  }
  auto reading = meter.usage(context.account, context.region, *from, *to);
  KILN_API_TRY(const auto usage, "metering", co_await reading);
  boost::json::array list;
  for (const metering::UsageOfDay& of_day : usage) list.push_back(to_json(of_day));
  co_return boost::json::serialize(boost::json::object{{"usage", std::move(list)}}) + '\n';
}

}  // namespace

SignedRoutes::Route usage_route(metering::LambdaMeter& meter) {
  return {.action = "kiln:GetUsage",
          .handler = [&meter](aws::RequestContext context, SignedRoutes::Parameters parameters) {
            return answer(meter, std::move(context), std::move(parameters));
          }};
}

}  // namespace kiln::server
