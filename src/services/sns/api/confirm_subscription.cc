// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/confirm_subscription.h"

#include "gen/sns/errors.h"
#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::ConfirmSubscription;

aws::Authorization authorize(const aws::RequestContext&, const ConfirmSubscription::Input& input) {
  return on("ConfirmSubscription", input.topic_arn);
}

Task<aws::ApiResult<ConfirmSubscription::Output>> handle(Service& service,
                                                         aws::RequestContext context,
                                                         ConfirmSubscription::Input input) {
  auto name = topic_of(context, input.topic_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  const bool signed_call = context.auth_type != aws::RequestContext::AuthType::kNone;
  const bool authenticate = input.authenticate_on_unsubscribe.value_or("") == "true";
  if (authenticate && !signed_call) {
    co_return aws::fail(gen::sns::authorization_error_exception(
        "AuthenticateOnUnsubscribe needs a signed request"));
  }
  auto confirming =
      service.catalog.confirm(std::move(*name), *input.token, signed_call, authenticate);
  KILN_API_TRY(auto confirmed, kRoom, co_await confirming);
  if (!confirmed) co_return aws::fail(std::move(confirmed.error()));
  co_return ConfirmSubscription::Output{.subscription_arn = arn_of(*confirmed)};
}

}  // namespace

const aws::Operation<ConfirmSubscription, Service> kConfirmSubscription{authorize, handle};

}  // namespace kiln::sns
