// SPDX-License-Identifier: Apache-2.0
// GetBucketPolicy: answers the policy of a bucket.
#include "gen/s3/get_bucket_policy.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketPolicy;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketPolicy", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const std::string* policy = bucket->config("policy");
  if (!policy)
    co_return aws::fail(
        no_config("NoSuchBucketPolicy", "The bucket policy does not exist", *bucket));
  Model::Output output;
  output.policy = *policy;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketPolicy{authorize, handle};

}  // namespace kiln::s3
