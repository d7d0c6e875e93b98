// SPDX-License-Identifier: Apache-2.0
// GetObjectLockConfiguration: answers that there is none: it can not be set here.
#include "gen/s3/get_object_lock_configuration.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetObjectLockConfiguration;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketObjectLockConfiguration", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  co_return aws::fail(no_config("ObjectLockConfigurationNotFoundError",
                                "Object Lock configuration does not exist for this bucket",
                                *bucket));
}

}  // namespace

const aws::Operation<Model, Service> kGetObjectLockConfiguration{authorize, handle};

}  // namespace kiln::s3
