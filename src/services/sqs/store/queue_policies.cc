// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/store/queue_policies.h"

#include <utility>

namespace kiln::sqs {

Task<Result<std::optional<iam::ResourcePolicy>>> QueuePolicies::find(std::string,
                                                                     std::string resource_arn) {
  auto name = parse_queue_arn(resource_arn);
  if (!name) co_return std::nullopt;
  auto finding = queues_.find(std::move(*name));
  KILN_CO_TRY(const QueuePtr queue, co_await finding);
  if (!queue) co_return std::nullopt;
  iam::ResourcePolicy out{.tags = queue->record.tags};
  if (const auto policy = queue->record.attributes.find("Policy");
      policy != queue->record.attributes.end()) {
    out.policy = policy->second;
  }
  co_return out;
}

}  // namespace kiln::sqs
