// SPDX-License-Identifier: Apache-2.0
#pragma once
// LambdaEventTarget is how other services' events reach functions: asynchronously, as a client's
// Invoke with InvocationType Event, when the function's policy lets the sender in.

#include "async/clock.h"
#include "aws/event_target.h"
#include "iam/authorizer.h"
#include "invoke/async_queue.h"
#include "lambda/function_directory.h"

namespace kiln::invoke {

class LambdaEventTarget final : public aws::EventTarget {
 public:
  // References outlive *this.
  LambdaEventTarget(AsyncAcceptor& events, lambda::FunctionDirectory& functions,
                    iam::Authorizer& authorizer, Clock& clock)
      : events_(events), functions_(functions), authorizer_(authorizer), clock_(clock) {}

  // The function's event is the payload, its request id the event's id.
  Task<Status> deliver(aws::TargetEvent event) override;
  Task<Status> check(aws::TargetEvent event) override;

 private:
  AsyncAcceptor& events_;
  lambda::FunctionDirectory& functions_;
  iam::Authorizer& authorizer_;
  Clock& clock_;
};

}  // namespace kiln::invoke
