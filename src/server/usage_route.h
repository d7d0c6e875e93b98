// SPDX-License-Identifier: Apache-2.0
#pragma once
// GET /_kiln/usage?from=2026-11-01&to=2026-12-01: usage of functions by day (UTC, `to` excluded) in
// the caller's account and region:
//   {"usage":[{"day":"2026-11-21","function":"f","architecture":"x86_64","requests":1,
//              "billedMs":250,"memoryMbMs":128000,"initMs":0,"storageMbMs":0,
//              "provisionedMbMs":0,"provisionedRunMbMs":0}]}
// 400 for a day of another form.

#include "metering/lambda_meter.h"
#include "server/signed_routes.h"

namespace kiln::server {

inline constexpr std::string_view kUsagePath = "/_kiln/usage";
// `meter` outlives the route.
SignedRoutes::Route usage_route(metering::LambdaMeter& meter);

}  // namespace kiln::server
