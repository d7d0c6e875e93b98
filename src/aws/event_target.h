// SPDX-License-Identifier: Apache-2.0
#pragma once
// EventTarget is how one service's event reaches another service's resource: a notification of a
// bucket, a message of a topic, the record of an asynchronous invocation. The receiving service
// implements it with what a client's call would meet: limits, the resource's policy, metrics.
//
// Services do not include each other. Who sends writes an outbox entry (queue/outbox.h) in its
// cause's commit, with encode_event() as payload and the target's ARN as target; the relay delivers
// through EventTargets, at least once, with the entry's id.
//
// Threads: one loop.

#include "async/task.h"
#include "base/result.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace kiln::aws {

// A message attribute of SQS and SNS.
struct EventAttribute {
  std::string type;   // "String", "Number", "Binary" or "String.Array"
  std::string value;  // bytes, not base64
};

struct TargetEvent {
  std::string id;          // the same at each attempt
  std::string target_arn;  // lambda function (qualified or not), queue, topic, bucket, event bus
  // Who sends. With `role_arn` the event goes with that role's rights (Lambda's destinations and
  // dead letters: the function's execution role), else the policy of the target must let `service`
  // in, for this source.
  std::string service;         // "s3.amazonaws.com"
  std::string source_arn;      // aws:SourceArn
  std::string source_account;  // aws:SourceAccount
  std::string role_arn;
  std::string payload;  // a function's event, a queue's body, a topic's message
  std::string subject;  // for a topic; for a bucket the object's key
  std::map<std::string, EventAttribute> attributes;
  std::string group_id;  // FIFO queues and topics
  std::string deduplication_id;
  // X-Ray header that came with the cause; its Lineage counts the hops of recursion detection.
  std::string trace_header;
};

class EventTarget {
 public:
  virtual ~EventTarget() = default;
  // Accepted: what the target promises of a client's call holds (on disk). Final errors: kNotFound,
  // kInvalidArgument (too large, malformed, refused by policy: the message says which). All others
  // are worth another attempt.
  virtual Task<Status> deliver(TargetEvent event) = 0;
  // Whether deliver() would take it now: the target exists, and lets the sender in. For settings
  // that AWS validates when they are made. Delivers nothing.
  virtual Task<Status> check(TargetEvent event) = 0;
};

// The targets of this server by the service in their ARN. Filled before the first event.
class EventTargets final : public EventTarget {
 public:
  // `service` as in ARNs: "lambda", "sqs", "sns", "s3". `target` outlives *this.
  void add(std::string service, EventTarget& target);
  // kInvalidArgument for an ARN of a service that is not here.
  Task<Status> deliver(TargetEvent event) override;
  Task<Status> check(TargetEvent event) override;

 private:
  EventTarget* find(std::string_view arn) const;
  std::map<std::string, EventTarget*, std::less<>> targets_;
};

// Everything but `id` and `target_arn`, which the outbox keeps itself. Not for other processes'
// versions to guess: the first byte is the format.
std::string encode_event(const TargetEvent& event);
Result<TargetEvent> decode_event(std::string_view bytes);

}  // namespace kiln::aws
