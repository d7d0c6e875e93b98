// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a queue says to a decision of IAM: its policy and its tags, from the directory's memory, for
// every call asks.

#include "iam/resource_policies.h"
#include "services/sqs/store/queue_directory.h"

#include <string>

namespace kiln::sqs {

// Registered under "sqs". `queues` outlives it.
class QueuePolicies final : public iam::ResourcePolicies {
 public:
  explicit QueuePolicies(QueueDirectory& queues) : queues_(queues) {}
  Task<Result<std::optional<iam::ResourcePolicy>>> find(std::string action,
                                                        std::string resource_arn) override;
  bool closed_to_others() const override { return true; }

 private:
  QueueDirectory& queues_;
};

}  // namespace kiln::sqs
