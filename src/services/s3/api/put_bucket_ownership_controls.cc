// SPDX-License-Identifier: Apache-2.0
// PutBucketOwnershipControls: says whether ACLs count, and who owns new objects.
#include "gen/s3/put_bucket_ownership_controls.h"

#include "services/s3/api/acl.h"
#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutBucketOwnershipControls;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:PutBucketOwnershipControls", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const auto& rules = input.ownership_controls->rules;
  if (!rules || rules->size() != 1 || !rules->front().object_ownership)
    co_return aws::fail(malformed_xml());
  const std::string& ownership = *rules->front().object_ownership;
  if (ownership != "BucketOwnerEnforced" && ownership != "BucketOwnerPreferred" &&
      ownership != "ObjectWriter")
    co_return aws::fail(malformed_xml());
  const AclGrants grants =
      stored_grants(bucket->config(std::string(kAclConfig)), bucket->bucket.account);
  if (ownership == "BucketOwnerEnforced" && grants.size() > 1) {
    co_return aws::fail({"InvalidBucketAclWithObjectOwnership",
                         400,
                         "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced "
                         "setting",
                         {},
                         {}});
  }
  KILN_S3_CHECK(co_await set_config(service, bucket, "ownership", ownership));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutBucketOwnershipControls{authorize, handle};

}  // namespace kiln::s3
