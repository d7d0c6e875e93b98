// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the outbox holds reaches its target: entries are events (aws/event_target.h).

#include "aws/event_target.h"
#include "invoke/async_observer.h"
#include "queue/outbox.h"

namespace kiln::server {

class OutboxDeliverer final : public queue::Deliverer {
 public:
  explicit OutboxDeliverer(aws::EventTarget& targets) : targets_(targets) {}
  // Is told of what functions leave behind and nobody took. Before the first event.
  void set_observer(invoke::AsyncObserver& observer) { observer_ = &observer; }
  Task<Status> deliver(queue::Delivery delivery) override;
  // Logs it: who wants to know keeps a queue of its own (a subscription, an asynchronous event).
  Task<Status> dead_letter(queue::Delivery delivery, Error last) override;

 private:
  aws::EventTarget& targets_;
  invoke::AsyncObserver* observer_ = nullptr;
};

}  // namespace kiln::server
