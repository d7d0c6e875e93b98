// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether the sender of an event may do what the event asks of its target: a service principal by
// the target's own policy, with aws:SourceArn and aws:SourceAccount; an event that goes with a role
// by what a session of that role may do.
//
// Service principals are decided in every IAM mode but `off`; roles as any caller, so that `audit`
// reports what it would have refused.

#include "async/task.h"
#include "aws/event_target.h"
#include "base/time.h"
#include "iam/authorizer.h"

#include <string>

namespace kiln::iam {

// `action` as in policies ("lambda:InvokeFunction"), `resource` the full ARN it is done on. For the
// deliver() and check() of an aws::EventTarget: kInvalidArgument with AWS's text when refused,
// which is final; any other error is worth another attempt. `authorizer` outlives the task.
Task<Status> authorize_event(Authorizer& authorizer, aws::TargetEvent event, std::string action,
                             std::string resource, Timestamp now);

}  // namespace kiln::iam
