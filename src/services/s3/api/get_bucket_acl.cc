// SPDX-License-Identifier: Apache-2.0
// GetBucketAcl: answers who was granted what of a bucket.
#include "gen/s3/get_bucket_acl.h"

#include "services/s3/api/acl.h"
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
  const std::string& owner = bucket->bucket.account;
  output.owner.emplace().id = canonical_id(owner);
  const std::string* stored =
      acls_enabled(*bucket) ? bucket->config(std::string(kAclConfig)) : nullptr;
  output.grants = shown_grants(stored_grants(stored, owner));
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketAcl{authorize, handle};

}  // namespace kiln::s3
