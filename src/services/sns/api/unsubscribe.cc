// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/unsubscribe.h"

#include "gen/sns/errors.h"
#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::Unsubscribe;

aws::Authorization authorize(const aws::RequestContext&, const Unsubscribe::Input& input) {
  return on("Unsubscribe", input.subscription_arn);
}

// Who subscribed, and who has the topic.
bool is_owner(const aws::RequestContext& context, const SubscriptionName& name,
              const Subscription& subscription) {
  return context.account == subscription.owner || context.account == name.topic.account;
}

Task<aws::ApiResult<Unsubscribe::Output>> handle(Service& service, aws::RequestContext context,
                                                 Unsubscribe::Input input) {
  auto name = subscription_of(context, input.subscription_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  auto finding = service.catalog.find_subscription(*name);
  KILN_API_TRY(const auto found, kRoom, co_await finding);
  if (!found) co_return Unsubscribe::Output{};
  const bool anonymous = context.auth_type == aws::RequestContext::AuthType::kNone;
  const Subscription& present = found->subscription;
  if (anonymous ? present.authenticate_on_unsubscribe : !is_owner(context, *name, present)) {
    co_return aws::fail(gen::sns::authorization_error_exception("Not authorized to unsubscribe"));
  }
  if (!present.confirmed) {
    co_return aws::fail(
        invalid_parameter("SubscriptionArn Reason: Pending subscriptions cannot be unsubscribed"));
  }
  auto ending = service.catalog.unsubscribe(std::move(*name), anonymous);
  if (const Status ended = co_await ending; !ended) {
    co_return aws::fail(aws::internal_failure(kRoom, ended.error()));
  }
  co_return Unsubscribe::Output{};
}

}  // namespace

const aws::Operation<Unsubscribe, Service> kUnsubscribe{authorize, handle};

}  // namespace kiln::sns
