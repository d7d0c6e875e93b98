// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/set_topic_attributes.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/model/topic_attributes.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::SetTopicAttributes;

aws::Authorization authorize(const aws::RequestContext&, const SetTopicAttributes::Input& input) {
  return on("SetTopicAttributes", input.topic_arn);
}

Task<aws::ApiResult<SetTopicAttributes::Output>> handle(Service& service,
                                                        aws::RequestContext context,
                                                        SetTopicAttributes::Input input) {
  auto name = topic_of(context, input.topic_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  const auto change = [&name, &input](Topic& topic) {
    return set_attribute(*name, topic, *input.attribute_name, input.attribute_value.value_or(""));
  };
  auto updating = service.catalog.update_topic(*name, change);
  KILN_API_TRY(auto updated, kRoom, co_await updating);
  if (!updated) co_return aws::fail(std::move(updated.error()));
  co_return SetTopicAttributes::Output{};
}

}  // namespace

const aws::Operation<SetTopicAttributes, Service> kSetTopicAttributes{authorize, handle};

}  // namespace kiln::sns
