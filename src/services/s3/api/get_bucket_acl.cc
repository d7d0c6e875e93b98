// SPDX-License-Identifier: Apache-2.0
// GetBucketAcl: answers the one grant of a bucket without ACLs: its owner's.
#include "gen/s3/get_bucket_acl.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketAcl;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketAcl", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  Model::Output output;
  const std::string id = canonical_id(bucket->bucket.account);
  output.owner.emplace().id = id;
  auto& grant = output.grants.emplace().emplace_back();
  grant.grantee.emplace().id = id;
  grant.grantee->type = "CanonicalUser";
  grant.permission = "FULL_CONTROL";
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketAcl{authorize, handle};

}  // namespace kiln::s3
