// SPDX-License-Identifier: Apache-2.0
#pragma once
// Topics as targets of other services' events: S3's notifications, destinations and dead letters of
// asynchronous invocations. An event is published as its sender may publish.

#include "async/clock.h"
#include "aws/event_target.h"
#include "base/random.h"
#include "iam/authorizer.h"
#include "services/sns/store/catalog.h"
#include "services/sns/store/publisher.h"

namespace kiln::sns {

// Registered under "sns". All outlive it.
class TopicTarget final : public aws::EventTarget {
 public:
  TopicTarget(Catalog& catalog, Publisher& publisher, iam::Authorizer& authorizer, Clock& clock,
              Random& random)
      : catalog_(catalog),
        publisher_(publisher),
        authorizer_(authorizer),
        clock_(clock),
        random_(random) {}
  Task<Status> deliver(aws::TargetEvent event) override;
  Task<Status> check(aws::TargetEvent event) override;

 private:
  Task<Result<Topic>> admit(aws::TargetEvent event);

  Catalog& catalog_;
  Publisher& publisher_;
  iam::Authorizer& authorizer_;
  Clock& clock_;
  Random& random_;
};

}  // namespace kiln::sns
