// SPDX-License-Identifier: Apache-2.0
// GetBucketOwnershipControls: answers who owns the objects of a bucket.
#include "gen/s3/get_bucket_ownership_controls.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketOwnershipControls;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketOwnershipControls", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const std::string* ownership = bucket->config("ownership");
  if (!ownership) {
    co_return aws::fail(no_config("OwnershipControlsNotFoundError",
                                  "The bucket ownership controls were not found", *bucket));
  }
  Model::Output output;
  output.ownership_controls.emplace().rules.emplace().emplace_back().object_ownership = *ownership;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketOwnershipControls{authorize, handle};

}  // namespace kiln::s3
