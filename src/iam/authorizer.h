// SPDX-License-Identifier: Apache-2.0
#pragma once
// Authorizer is the stage of the pipeline that decides whether a principal may do what an operation
// declared beside its handler.

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"

namespace kiln::iam {

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // The service's AccessDenied error when it is not allowed. `context` outlives the task.
  virtual Task<aws::ApiResult<void>> check(const aws::RequestContext& context,
                                           aws::Authorization authorization) = 0;
  // The same for an operation that is modelled but not built, whose resource nobody can name:
  // refused when `action` is allowed on no resource at all.
  virtual Task<aws::ApiResult<void>> check_unbuilt(const aws::RequestContext& context,
                                                   std::string action) = 0;
};

}  // namespace kiln::iam
