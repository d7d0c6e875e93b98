// SPDX-License-Identifier: Apache-2.0
#pragma once
// MessageSource is a queue as the pollers of event source mappings see it. The service that has the
// queues implements it and is registered under the service of their ARNs ("sqs").
//
// Every call is made with the rights of a function's execution role: the implementation asks IAM
// for the action that a client's call would need (sqs:ReceiveMessage, sqs:DeleteMessage,
// sqs:GetQueueAttributes).
// Messages are leased for the queue's own visibility timeout.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
// Threads: one loop.

#include "async/task.h"
#include "aws/api_error.h"
#include "base/result.h"
#include "base/time.h"
#include "queue/pending.h"

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace kiln::sources {

struct QueueFacts {
  bool fifo = false;
  int visibility_timeout_s = 30;
};

struct ReceivedMessage {
  std::string id;            // messageId
  std::string handle;        // receipt handle
  std::string record;        // its element of "Records", as JSON
  std::string trace_header;  // AWSTraceHeader
  Timestamp visible_at;      // when the lease ends
};

// Who polls what.
struct Subscription {
  std::string source_arn;
  std::string role_arn;  // the function's execution role
};

struct ReceiveOptions {
  std::size_t max = 10;      // at most queue::kMaxClaim
  std::int64_t wait_ms = 0;  // for the first message
  std::stop_token stop;
};

class MessageSource {
 public:
  virtual ~MessageSource() = default;
  // Errors are those of CreateEventSourceMapping: the queue does not exist, or the role may not
  // receive, delete or read attributes ("The provided execution role does not have permissions to
  // call ReceiveMessage on SQS").
  virtual Task<aws::ApiResult<QueueFacts>> describe(Subscription subscription) = 0;
  // What is in the queue, delayed and received messages too; empty when it is gone. Asked by the
  // server itself, with nobody's rights.
  virtual Task<Result<queue::Backlog>> backlog(std::string source_arn) = 0;
  // Empty when nothing came in time. kNotFound: the queue is gone; kInvalidArgument: the role may
  // not; kCancelled: stopped.
  virtual Task<Result<std::vector<ReceivedMessage>>> receive(Subscription subscription,
                                                             ReceiveOptions options) = 0;
  // A handle whose lease is lost is passed over.
  virtual Task<Status> remove(Subscription subscription, std::vector<std::string> handles) = 0;
  // Visible again after `delay_ms`.
  virtual Task<Status> release(Subscription subscription, std::vector<std::string> handles,
                               std::int64_t delay_ms) = 0;
};

}  // namespace kiln::sources
