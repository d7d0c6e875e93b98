// SPDX-License-Identifier: Apache-2.0
#pragma once
// Notifier tells functions, queues and topics of changes of objects: it adds an outbox entry for
// each rule of the bucket that selects the change to the change's own commit.
//
// Delivered as s3.amazonaws.com, with the bucket as source, at least once; the target's policy
// decides. Threads: one loop.

#include "async/clock.h"
#include "aws/event_target.h"
#include "queue/outbox.h"
#include "services/s3/model/notifications.h"
#include "services/s3/store/changes.h"

#include <string>

namespace kiln::s3 {

class Notifier final : public ChangeObserver {
 public:
  // References outlive *this.
  Notifier(queue::Outbox& outbox, aws::EventTarget& targets, Clock& clock)
      : outbox_(outbox), targets_(targets), clock_(clock) {}

  Task<Result<std::shared_ptr<void>>> add_to(store::Batch& batch,
                                             const ObjectChange& change) override;
  // That every target exists and lets the bucket in; InvalidArgument names the one that does not.
  Task<aws::ApiResult<void>> check_targets(Bucket bucket, Notifications rules);
  // Sends the test event to the queues and topics among the targets.
  Task<void> send_test_events(Bucket bucket, Notifications rules, std::string request_id);

 private:
  static aws::TargetEvent event_for(const Bucket& bucket, std::string target);
  queue::Outbox& outbox_;
  aws::EventTarget& targets_;
  Clock& clock_;
};

}  // namespace kiln::s3
