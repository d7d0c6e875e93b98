// SPDX-License-Identifier: Apache-2.0
// PutBucketAcl: refuses what would need ACLs.
#include "gen/s3/put_bucket_acl.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutBucketAcl;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:PutBucketAcl", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  if (input.acl && *input.acl == "private") co_return Model::Output{};
  co_return aws::fail(acls_are_off());
}

}  // namespace

const aws::Operation<Model, Service> kPutBucketAcl{authorize, handle};

}  // namespace kiln::s3
