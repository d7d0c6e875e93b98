// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/subscribe.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/model/subscription_attributes.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::Subscribe;

aws::Authorization authorize(const aws::RequestContext&, const Subscribe::Input& input) {
  auto out = on("Subscribe", input.topic_arn);
  out.condition_keys()["sns:Protocol"] = {input.protocol.value_or("")};
  out.condition_keys()["sns:Endpoint"] = {input.endpoint.value_or("")};
  return out;
}

Task<aws::ApiResult<Subscribe::Output>> handle(Service& service, aws::RequestContext context,
                                               Subscribe::Input input) {
  auto name = topic_of(context, input.topic_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  const std::string endpoint = input.endpoint.value_or("");
  if (auto good = check_endpoint(*name, *input.protocol, endpoint); !good) {
    co_return aws::fail(std::move(good.error()));
  }
  if (input.protocol->starts_with("email") && !service.mail_sender.has_relay()) {
    co_return aws::fail(not_supported("The protocol " + *input.protocol + " without --smtp"));
  }
  Subscription wanted{.protocol = *input.protocol,
                      .endpoint = endpoint,
                      .owner = context.account,
                      .principal = context.principal.arn,
                      .base_url = base_url(context)};
  auto set = set_attributes(*name, wanted, input.attributes.value_or(Attributes{}));
  if (!set) co_return aws::fail(std::move(set.error()));
  auto subscribing = service.catalog.subscribe(*name, std::move(wanted));
  KILN_API_TRY(auto subscribed, kRoom, co_await subscribing);
  if (!subscribed) co_return aws::fail(std::move(subscribed.error()));
  const Subscription& made = subscribed->subscription;
  const bool tell = made.confirmed || input.return_subscription_arn.value_or(false);
  co_return Subscribe::Output{.subscription_arn = tell ? arn_of(SubscriptionName{*name, made.id})
                                                       : "pending confirmation"};
}

}  // namespace

const aws::Operation<Subscribe, Service> kSubscribe{authorize, handle};

}  // namespace kiln::sns
