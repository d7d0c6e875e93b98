// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/get_subscription_attributes.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/model/subscription_attributes.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::GetSubscriptionAttributes;

aws::Authorization authorize(const aws::RequestContext&,
                             const GetSubscriptionAttributes::Input& input) {
  return on("GetSubscriptionAttributes", input.subscription_arn);
}

Task<aws::ApiResult<GetSubscriptionAttributes::Output>> handle(
    Service& service, aws::RequestContext context, GetSubscriptionAttributes::Input input) {
  auto name = subscription_of(context, input.subscription_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  auto finding = service.catalog.find_subscription(*name);
  KILN_API_TRY(const auto found, kRoom, co_await finding);
  if (!found) co_return aws::fail(no_such_subscription());
  co_return GetSubscriptionAttributes::Output{
      .attributes = described(*name, found->subscription, found->topic)};
}

}  // namespace

const aws::Operation<GetSubscriptionAttributes, Service> kGetSubscriptionAttributes{authorize,
                                                                                    handle};

}  // namespace kiln::sns
