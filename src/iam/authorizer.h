// SPDX-License-Identifier: Apache-2.0
#pragma once
// Authorizer is the stage of the pipeline that decides whether a principal may do what an operation
// declared beside its handler.

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"
#include "base/metrics.h"

namespace kiln::iam {

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // The service's AccessDenied error when it is not allowed. `context` outlives the task.
  virtual Task<aws::ApiResult<void>> check(const aws::RequestContext& context,
                                           aws::Authorization authorization) = 0;
};

// Allows everything and counts the decisions: `--iam=off`.
class AllowAll final : public Authorizer {
 public:
  explicit AllowAll(Metrics& metrics) : decisions_(metrics.counter("kiln_iam_decisions_total")) {}
  Task<aws::ApiResult<void>> check(const aws::RequestContext& context,
                                   aws::Authorization authorization) override;

 private:
  Counter& decisions_;
};

}  // namespace kiln::iam
