// SPDX-License-Identifier: Apache-2.0
// GetAccessKeyInfo: the account of an access key, whoever owns it.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
#include "gen/sts/get_access_key_info.h"

#include "aws/operation.h"
#include "iam/unique_id.h"
#include "services/sts/api/session.h"
#include "services/sts/service.h"

namespace kiln::sts_api {
namespace {

using Op = gen::sts::GetAccessKeyInfo;

// Ids hold their account, so no key is looked up.
Task<aws::ApiResult<Op::Output>> handle(Service&, aws::RequestContext, Op::Input input) {
  Op::Output output;
  output.account = iam::account_of_id(*input.access_key_id);
  if (!output.account) {
    co_return aws::fail(
        validation_error("The specified value for accessKeyId is invalid: it is no access key."));
  }
  co_return output;
}

aws::Authorization authorize(const aws::RequestContext&, const Op::Input&) {
  return {"sts:GetAccessKeyInfo", "*"};
}

}  // namespace

extern const aws::Operation<Op, Service> kGetAccessKeyInfo{authorize, handle};

}  // namespace kiln::sts_api
