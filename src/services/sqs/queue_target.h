// SPDX-License-Identifier: Apache-2.0
#pragma once
// QueueTarget takes events of other services as messages: notifications of buckets, messages of
// topics, destinations and dead letters of functions. Each meets what a client's SendMessage would:
// the queue's policy for a service, a role's own rights, limits, deduplication of FIFO queues.
//
// A FIFO queue wants a group id, and takes a repeat of an event by its deduplication id once in
// five minutes; a standard queue may get it twice. Threads: one loop.

#include "async/clock.h"
#include "aws/event_target.h"
#include "iam/authorizer.h"
#include "iam/role_directory.h"
#include "services/sqs/store/message_store.h"
#include "services/sqs/store/queue_directory.h"

#include <string>

namespace kiln::sqs {

class QueueTarget final : public aws::EventTarget {
 public:
  // All outlive *this.
  QueueTarget(QueueDirectory& queues, MessageStore& messages, iam::Authorizer& authorizer,
              iam::RoleDirectory& roles, const Clock& clock)
      : queues_(queues),
        messages_(messages),
        authorizer_(authorizer),
        roles_(roles),
        clock_(clock) {}

  Task<Status> deliver(aws::TargetEvent event) override;
  Task<Status> check(aws::TargetEvent event) override;

 private:
  Task<Result<QueuePtr>> admit(aws::TargetEvent event);
  Task<Result<std::string>> sender_id(std::string role_arn, std::string service);

  QueueDirectory& queues_;
  MessageStore& messages_;
  iam::Authorizer& authorizer_;
  iam::RoleDirectory& roles_;
  const Clock& clock_;
};

}  // namespace kiln::sqs
