// SPDX-License-Identifier: Apache-2.0
#pragma once
// FunctionDirectory is what the invoke path asks of the control plane: names to function versions,
// and code to a directory. Answers from memory when warm (D4); a watch on the store drops stale
// entries.

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"
#include "lambda/model/function.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kiln::lambda {

// How many invocations of a function may run at once.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
struct ConcurrencyLimits {
  // The function's reservation, of all its versions together; 0 switches it off.
  std::optional<std::int32_t> reserved;
  // Of the version alone (PutFunctionScalingConfig).
  std::optional<std::int32_t> of_version = std::nullopt;
  // What all functions of the account without a reservation share.
  std::int32_t unreserved = 1'000;
};

struct ResolvedFunction {
  FunctionVersionPtr version;
  std::string alias;  // that led to the version; empty without one
  ConcurrencyLimits concurrency;
  // Recursive loops run on instead of being stopped (PutFunctionRecursionConfig).
  bool allows_recursion = false;
};

class FunctionDirectory {
 public:
  virtual ~FunctionDirectory() = default;
  // `function_name` in any form AWS takes: name, name:qualifier, partial or full ARN. `qualifier`
  // is the query parameter, or empty. Errors: ResourceNotFoundException and the rest of A2's
  // messages.
  virtual Task<aws::ApiResult<ResolvedFunction>> resolve(aws::RequestContext context,
                                                         std::string function_name,
                                                         std::string qualifier) = 0;
  // Host path of the unpacked code. Unpacks at first use; concurrent callers share one unpacking.
  virtual Task<Result<std::string>> code_directory(FunctionVersionPtr function) = 0;
  // Host paths of the unpacked layers, the first one lowest.
  virtual Task<Result<std::vector<std::string>>> layer_directories(FunctionVersionPtr) {
    co_return std::vector<std::string>();
  }
};

}  // namespace kiln::lambda
