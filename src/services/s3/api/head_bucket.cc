// SPDX-License-Identifier: Apache-2.0
// HeadBucket: tells whether a bucket is there and where.
#include "gen/s3/head_bucket.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::HeadBucket;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:ListBucket", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  Model::Output output;
  output.bucket_region = bucket->bucket.region;
  output.access_point_alias = false;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kHeadBucket{authorize, handle};

}  // namespace kiln::s3
