// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/remove_permission.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/settings.h"
#include "services/sqs/model/policy_statements.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::RemovePermission;

aws::Authorization authorize(const aws::RequestContext& context,
                             const RemovePermission::Input& input) {
  return on_url(context, "RemovePermission", input.queue_url);
}

std::string policy_of(const Queue& queue) {
  const auto found = queue.record.attributes.find("Policy");
  return found == queue.record.attributes.end() ? std::string() : found->second;
}

Task<aws::ApiResult<RemovePermission::Output>> handle(Service& service, aws::RequestContext context,
                                                      RemovePermission::Input input) {
  auto finding = find_own_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  if (!input.label || input.label->empty()) co_return aws::fail(missing_parameter("Label"));
  auto policy = without_statement(policy_of(**queue), *input.label);
  if (!policy) co_return aws::fail(std::move(policy.error()));
  auto setting = set_attributes(service, (*queue)->name, {{"Policy", std::move(*policy)}});
  auto set = co_await setting;
  if (!set) co_return aws::fail(std::move(set.error()));
  co_return RemovePermission::Output{};
}

}  // namespace

const aws::Operation<RemovePermission, Service> kRemovePermission{authorize, handle};

}  // namespace kiln::sqs
