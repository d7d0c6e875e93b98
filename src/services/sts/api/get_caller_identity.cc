// SPDX-License-Identifier: Apache-2.0
// GetCallerIdentity: who signed this request. Needs no permission, so no policy can refuse it.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
#include "gen/sts/get_caller_identity.h"

#include "aws/operation.h"
#include "services/sts/service.h"

namespace kiln::sts_api {
namespace {

using Op = gen::sts::GetCallerIdentity;

Task<aws::ApiResult<Op::Output>> handle(Service&, aws::RequestContext context, Op::Input) {
  Op::Output output;
  output.user_id = context.principal.user_id;
  output.account = context.principal.account;
  output.arn = context.principal.arn;
  co_return output;
}

aws::Authorization authorize(const aws::RequestContext&, const Op::Input&) { return {}; }

}  // namespace

extern const aws::Operation<Op, Service> kGetCallerIdentity{authorize, handle};

}  // namespace kiln::sts_api
