// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/set_subscription_attributes.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/model/subscription_attributes.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::SetSubscriptionAttributes;

aws::Authorization authorize(const aws::RequestContext&,
                             const SetSubscriptionAttributes::Input& input) {
  return on("SetSubscriptionAttributes", input.subscription_arn);
}

Task<aws::ApiResult<SetSubscriptionAttributes::Output>> handle(
    Service& service, aws::RequestContext context, SetSubscriptionAttributes::Input input) {
  auto name = subscription_of(context, input.subscription_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  const auto change = [&name, &input](const Topic&, Subscription& subscription) {
    return set_attribute(name->topic, subscription, *input.attribute_name,
                         input.attribute_value.value_or(""));
  };
  auto updating = service.catalog.update_subscription(*name, change);
  KILN_API_TRY(auto updated, kRoom, co_await updating);
  if (!updated) co_return aws::fail(std::move(updated.error()));
  co_return SetSubscriptionAttributes::Output{};
}

}  // namespace

const aws::Operation<SetSubscriptionAttributes, Service> kSetSubscriptionAttributes{authorize,
                                                                                    handle};

}  // namespace kiln::sns
