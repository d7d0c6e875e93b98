// SPDX-License-Identifier: Apache-2.0
#pragma once
// QueueSource is the queues as event source mappings poll them: with the rights of the function's
// execution role, in the records that Lambda sends to functions.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
// Threads: one loop.

#include "async/clock.h"
#include "iam/authorizer.h"
#include "services/sqs/store/message_store.h"
#include "services/sqs/store/queue_directory.h"
#include "sources/message_source.h"

#include <string>
#include <string_view>
#include <vector>

namespace kiln::sqs {

// The element of "Records" for one message.
std::string lambda_record(const QueueName& queue, const Received& received);

class QueueSource final : public sources::MessageSource {
 public:
  // All outlive *this.
  QueueSource(QueueDirectory& queues, MessageStore& messages, iam::Authorizer& authorizer,
              const Clock& clock)
      : queues_(queues), messages_(messages), authorizer_(authorizer), clock_(clock) {}

  Task<aws::ApiResult<sources::QueueFacts>> describe(sources::Subscription subscription) override;
  Task<Result<queue::Backlog>> backlog(std::string source_arn) override;
  Task<Result<std::vector<sources::ReceivedMessage>>> receive(
      sources::Subscription subscription, sources::ReceiveOptions options) override;
  Task<Status> remove(sources::Subscription subscription,
                      std::vector<std::string> handles) override;
  Task<Status> release(sources::Subscription subscription, std::vector<std::string> handles,
                       std::int64_t delay_ms) override;

 private:
  // The queue, when the role may do `action` on it.
  Task<Result<QueuePtr>> open(sources::Subscription subscription, std::string action);

  QueueDirectory& queues_;
  MessageStore& messages_;
  iam::Authorizer& authorizer_;
  const Clock& clock_;
};

}  // namespace kiln::sqs
