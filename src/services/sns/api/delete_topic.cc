// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/delete_topic.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::DeleteTopic;

aws::Authorization authorize(const aws::RequestContext&, const DeleteTopic::Input& input) {
  return on("DeleteTopic", input.topic_arn);
}

Task<aws::ApiResult<DeleteTopic::Output>> handle(Service& service, aws::RequestContext context,
                                                 DeleteTopic::Input input) {
  auto name = topic_of(context, input.topic_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  auto deleting = service.catalog.delete_topic(std::move(*name));
  if (const Status deleted = co_await deleting; !deleted) {
    co_return aws::fail(aws::internal_failure(kRoom, deleted.error()));
  }
  co_return DeleteTopic::Output{};
}

}  // namespace

const aws::Operation<DeleteTopic, Service> kDeleteTopic{authorize, handle};

}  // namespace kiln::sns
