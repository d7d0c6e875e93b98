// SPDX-License-Identifier: Apache-2.0
// GetPublicAccessBlock: answers what of public access a bucket never has.
#include "gen/s3/get_public_access_block.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/store/bucket_policies.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetPublicAccessBlock;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketPublicAccessBlock", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const auto block = public_access_of(*bucket);
  if (!block) {
    co_return aws::fail(no_config("NoSuchPublicAccessBlockConfiguration",
                                  "The public access block configuration was not found", *bucket));
  }
  Model::Output output;
  auto& shown = output.public_access_block_configuration.emplace();
  shown.block_public_acls = block->block_acls;
  shown.ignore_public_acls = block->ignore_acls;
  shown.block_public_policy = block->block_policy;
  shown.restrict_public_buckets = block->restrict;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetPublicAccessBlock{authorize, handle};

}  // namespace kiln::s3
