// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the outbox holds reaches its target: entries are events (aws/event_target.h).

#include "aws/event_target.h"
#include "queue/outbox.h"

namespace kiln::server {

class OutboxDeliverer final : public queue::Deliverer {
 public:
  explicit OutboxDeliverer(aws::EventTarget& targets) : targets_(targets) {}
  Task<Status> deliver(queue::Delivery delivery) override;
  // Logs it: who wants to know keeps a queue of its own (a subscription, an asynchronous event).
  Task<Status> dead_letter(queue::Delivery delivery, Error last) override;

 private:
  aws::EventTarget& targets_;
};

}  // namespace kiln::server
