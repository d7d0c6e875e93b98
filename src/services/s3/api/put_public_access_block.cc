// SPDX-License-Identifier: Apache-2.0
// PutPublicAccessBlock: says what of public access a bucket never has.
#include "gen/s3/put_public_access_block.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/store/bucket_policies.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutPublicAccessBlock;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:PutBucketPublicAccessBlock", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const auto& sent = *input.public_access_block_configuration;
  const std::string stored =
      encode_public_access({.block_acls = sent.block_public_acls.value_or(false),
                            .ignore_acls = sent.ignore_public_acls.value_or(false),
                            .block_policy = sent.block_public_policy.value_or(false),
                            .restrict = sent.restrict_public_buckets.value_or(false)});
  KILN_S3_CHECK(co_await set_config(service, bucket, "public-access", stored));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutPublicAccessBlock{authorize, handle};

}  // namespace kiln::s3
