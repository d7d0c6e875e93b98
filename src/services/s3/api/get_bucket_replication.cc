// SPDX-License-Identifier: Apache-2.0
// GetBucketReplication: answers that there is none: it can not be set here.
#include "gen/s3/get_bucket_replication.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketReplication;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetReplicationConfiguration", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  co_return aws::fail(no_config("ReplicationConfigurationNotFoundError",
                                "The replication configuration was not found", *bucket));
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketReplication{authorize, handle};

}  // namespace kiln::s3
