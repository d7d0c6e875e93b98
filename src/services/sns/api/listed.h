// SPDX-License-Identifier: Apache-2.0
#pragma once
// A subscription as lists show it.

#include "gen/sns/types.h"
#include "services/sns/model/records.h"

namespace kiln::sns {

inline gen::sns::Subscription listed(const SubscriptionName& name,
                                     const Subscription& subscription) {
  return {.subscription_arn = subscription.confirmed ? arn_of(name) : "PendingConfirmation",
          .owner = subscription.owner,
          .protocol = subscription.protocol,
          .endpoint = subscription.endpoint,
          .topic_arn = arn_of(name.topic)};
}

}  // namespace kiln::sns
