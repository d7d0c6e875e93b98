// SPDX-License-Identifier: Apache-2.0
// GetBucketTagging: answers the tags of a bucket.
#include "gen/s3/get_bucket_tagging.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/api/tagging.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketTagging;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketTagging", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const std::string* stored = bucket->config("tagging");
  if (!stored) co_return aws::fail(no_config("NoSuchTagSet", "The TagSet does not exist", *bucket));
  KILN_S3_TRY(const Tags tags, decode_tags(*stored));
  Model::Output output;
  output.tag_set = shown_tags(tags);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketTagging{authorize, handle};

}  // namespace kiln::s3
