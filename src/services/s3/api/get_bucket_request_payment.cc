// SPDX-License-Identifier: Apache-2.0
// GetBucketRequestPayment: answers that the owner pays.
#include "gen/s3/get_bucket_request_payment.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketRequestPayment;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketRequestPayment", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  Model::Output output;
  output.payer = "BucketOwner";
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketRequestPayment{authorize, handle};

}  // namespace kiln::s3
