// SPDX-License-Identifier: Apache-2.0
// DecodeAuthorizationMessage: no denial of Kiln carries an encoded message, so nothing can be
// decoded.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
#include "gen/sts/decode_authorization_message.h"

#include "aws/operation.h"
#include "gen/sts/errors.h"
#include "services/sts/service.h"

namespace kiln::sts_api {
namespace {

using Op = gen::sts::DecodeAuthorizationMessage;

Task<aws::ApiResult<Op::Output>> handle(Service&, aws::RequestContext, Op::Input) {
  co_return aws::fail(
      gen::sts::invalid_authorization_message_exception("Message is not a valid one."));
}

aws::Authorization authorize(const aws::RequestContext&, const Op::Input&) {
  return {"sts:DecodeAuthorizationMessage", "*"};
}

}  // namespace

extern const aws::Operation<Op, Service> kDecodeAuthorizationMessage{authorize, handle};

}  // namespace kiln::sts_api
