// SPDX-License-Identifier: Apache-2.0
#pragma once
// AddPermission and RemovePermission: statements of a queue's policy. Pure functions.

#include "aws/api_error.h"
#include "services/sqs/model/queue_record.h"

#include <string>
#include <string_view>
#include <vector>

namespace kiln::sqs {

struct NewStatement {
  std::string label;
  std::vector<std::string> accounts;
  std::vector<std::string> actions;  // without "SQS:"
};

// The policy (empty: none yet) with one statement more, or AWS's error.
aws::ApiResult<std::string> with_statement(const QueueName& queue, std::string_view policy,
                                           const NewStatement& statement);
// The policy without the statement of this label; empty when nothing is left.
aws::ApiResult<std::string> without_statement(std::string_view policy, std::string_view label);

}  // namespace kiln::sqs
