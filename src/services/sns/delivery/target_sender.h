// SPDX-License-Identifier: Apache-2.0
#pragma once
// Deliveries to queues and functions, as their services let sns.amazonaws.com in.

#include "aws/event_target.h"
#include "services/sns/delivery/sender.h"
#include "services/sns/delivery/signer.h"

#include <string>

namespace kiln::sns {

// What SQS is sent of `parcel`, without its body.
aws::TargetEvent event_for_queue(const Parcel& parcel, std::string queue_arn);

class TargetSender final : public Sender {
 public:
  // Both outlive *this.
  TargetSender(aws::EventTarget& targets, Signer& signer) : targets_(targets), signer_(signer) {}
  Task<Outcome> send(Parcel parcel, std::stop_token stop) override;
  // To the subscription's dead-letter queue, as it was (or would have been) delivered. kDelivered
  // also where there is no queue.
  Task<Outcome> dead_letter(Parcel parcel, Outcome why);

 private:
  Task<Result<std::string>> body_of(Parcel parcel);

  aws::EventTarget& targets_;
  Signer& signer_;
};

}  // namespace kiln::sns
