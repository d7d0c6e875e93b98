// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/add_permission.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/settings.h"
#include "services/sqs/model/policy_statements.h"
#include "services/sqs/model/redrive.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::AddPermission;

aws::Authorization authorize(const aws::RequestContext& context,
                             const AddPermission::Input& input) {
  return on_url(context, "AddPermission", input.queue_url);
}

std::string policy_of(const Queue& queue) {
  const auto found = queue.record.attributes.find("Policy");
  return found == queue.record.attributes.end() ? std::string() : found->second;
}

Task<aws::ApiResult<AddPermission::Output>> handle(Service& service, aws::RequestContext context,
                                                   AddPermission::Input input) {
  auto finding = find_own_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  if (!input.label || input.label->empty()) co_return aws::fail(missing_parameter("Label"));
  if (!input.actions || input.actions->empty()) co_return aws::fail(missing_parameter("Actions"));
  if (!input.aws_account_ids || input.aws_account_ids->empty()) {
    co_return aws::fail(invalid_parameter("[]", "PrincipalId", "Unable to verify."));
  }
  const NewStatement statement{*input.label, *input.aws_account_ids, *input.actions};
  auto policy = with_statement((*queue)->name, policy_of(**queue), statement);
  if (!policy) co_return aws::fail(std::move(policy.error()));
  auto setting = set_attributes(service, (*queue)->name, {{"Policy", std::move(*policy)}});
  auto set = co_await setting;
  if (!set) co_return aws::fail(std::move(set.error()));
  co_return AddPermission::Output{};
}

}  // namespace

const aws::Operation<AddPermission, Service> kAddPermission{authorize, handle};

}  // namespace kiln::sqs
