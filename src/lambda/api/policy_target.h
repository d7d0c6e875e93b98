// SPDX-License-Identifier: Apache-2.0
#pragma once
// The thing that a resource policy stands on: a function, one of its versions, or an alias, each
// with a RevisionId that changes with its policy.

#include "async/task.h"
#include "aws/api_error.h"
#include "lambda/model/function_ref.h"
#include "lambda/store/function_transaction.h"

#include <optional>
#include <string>

namespace kiln::lambda {

struct PolicyTarget {
  std::string policy;  // JSON; empty: none yet
  std::string revision_id;
};

// `ref` without $LATEST. ResourceNotFoundException when there is no such version or alias.
Task<Result<aws::ApiResult<PolicyTarget>>> find_policy_target(FunctionTransaction& transaction,
                                                              FunctionRef ref);

// Stores `policy` (empty: removes it) with a new revision for what it stands on.
// REQUIRES: find_policy_target() found it.
Task<Result<aws::ApiResult<void>>> put_policy(FunctionTransaction& transaction, FunctionRef ref,
                                              std::string policy, std::string new_revision);

// PreconditionFailedException when `wanted` is given and is not `revision_id`.
aws::ApiResult<void> check_revision(const std::optional<std::string>& wanted,
                                    const std::string& revision_id);

// $LATEST means the function itself.
void forget_latest(FunctionRef& ref);

}  // namespace kiln::lambda
