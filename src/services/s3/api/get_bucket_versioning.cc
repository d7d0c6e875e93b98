// SPDX-License-Identifier: Apache-2.0
// GetBucketVersioning: answers whether a bucket keeps versions.
#include "gen/s3/get_bucket_versioning.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketVersioning;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketVersioning", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  Model::Output output;
  if (bucket->bucket.keeps_versions())
    output.status = bucket->bucket.versioning == Versioning::kEnabled ? "Enabled" : "Suspended";
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketVersioning{authorize, handle};

}  // namespace kiln::s3
