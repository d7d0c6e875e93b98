// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/put_retention_policy.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"

#include <algorithm>
#include <iterator>

namespace kiln::logs {

namespace {

using gen::logs::PutRetentionPolicy;

// The values AWS allows.
constexpr std::int32_t kDays[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                  365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

aws::Authorization authorize(const aws::RequestContext& context,
                             const PutRetentionPolicy::Input& input) {
  return on_group(context, "logs:PutRetentionPolicy", input.log_group_name);
}

aws::ApiError refused(std::int32_t days) {
  std::string allowed;
  for (const std::int32_t d : kDays) allowed += (allowed.empty() ? "" : ", ") + std::to_string(d);
  return invalid_parameter("1 validation error detected: Value '" + std::to_string(days) +
                           "' at 'retentionInDays' failed to satisfy constraint: Member must "
                           "satisfy enum value set: [" +
                           allowed + "]");
}

Task<aws::ApiResult<PutRetentionPolicy::Output>> handle(Service& service,
                                                        aws::RequestContext context,
                                                        PutRetentionPolicy::Input input) {
  const std::int32_t days = *input.retention_in_days;
  if (std::ranges::find(kDays, days) == std::end(kDays)) co_return aws::fail(refused(days));
  auto group = group_of(context, input.log_group_name);
  KILN_API_TRY(const bool found, kRoom,
               co_await service.catalog.update_group(
                   std::move(group), [days](Group& g) { g.retention_days = days; }));
  if (!found) co_return aws::fail(no_such_group());
  co_return PutRetentionPolicy::Output{};
}

}  // namespace

const aws::Operation<PutRetentionPolicy, Service> kPutRetentionPolicy{authorize, handle};

}  // namespace kiln::logs
