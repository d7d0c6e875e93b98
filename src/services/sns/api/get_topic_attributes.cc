// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/get_topic_attributes.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/model/topic_attributes.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::GetTopicAttributes;

aws::Authorization authorize(const aws::RequestContext&, const GetTopicAttributes::Input& input) {
  return on("GetTopicAttributes", input.topic_arn);
}

Task<aws::ApiResult<GetTopicAttributes::Output>> handle(Service& service,
                                                        aws::RequestContext context,
                                                        GetTopicAttributes::Input input) {
  auto name = topic_of(context, input.topic_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  auto finding = service.catalog.find_topic(*name);
  KILN_API_TRY(auto topic, kRoom, co_await finding);
  if (!topic) co_return aws::fail(no_such_topic());
  co_return GetTopicAttributes::Output{.attributes = described(*name, *topic)};
}

}  // namespace

const aws::Operation<GetTopicAttributes, Service> kGetTopicAttributes{authorize, handle};

}  // namespace kiln::sns
