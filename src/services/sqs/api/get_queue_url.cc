// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/get_queue_url.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::GetQueueUrl;

aws::Authorization authorize(const aws::RequestContext& context, const GetQueueUrl::Input& input) {
  const QueueName name{input.queue_owner_aws_account_id.value_or(context.account), context.region,
                       input.queue_name.value_or("")};
  return {"sqs:GetQueueUrl", name.arn()};
}

Task<aws::ApiResult<GetQueueUrl::Output>> handle(Service& service, aws::RequestContext context,
                                                 GetQueueUrl::Input input) {
  if (!input.queue_name) co_return aws::fail(missing_parameter("QueueName"));
  QueueName name{input.queue_owner_aws_account_id.value_or(context.account), context.region,
                 *input.queue_name};
  auto finding = service.queues.find(name);
  KILN_API_TRY(const QueuePtr queue, kRoom, co_await finding);
  if (!queue) co_return aws::fail(no_such_queue());
  co_return GetQueueUrl::Output{.queue_url = queue_url(context, name)};
}

}  // namespace

const aws::Operation<GetQueueUrl, Service> kGetQueueUrl{authorize, handle};

}  // namespace kiln::sqs
