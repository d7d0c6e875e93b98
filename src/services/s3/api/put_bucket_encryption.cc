// SPDX-License-Identifier: Apache-2.0
// PutBucketEncryption: takes AES256, which every bucket has.
#include "gen/s3/put_bucket_encryption.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutBucketEncryption;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:PutEncryptionConfiguration", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const auto& rules = input.server_side_encryption_configuration->rules;
  if (!rules || rules->size() != 1 || !rules->front().apply_server_side_encryption_by_default)
    co_return aws::fail(malformed_xml());
  const auto& algorithm =
      rules->front().apply_server_side_encryption_by_default->sse_algorithm.value_or("");
  if (algorithm != "AES256") co_return aws::fail(not_implemented("SSEAlgorithm"));
  const bool key = rules->front().bucket_key_enabled.value_or(false);
  KILN_S3_CHECK(co_await set_config(service, bucket, "encryption", key ? "key" : "plain"));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutBucketEncryption{authorize, handle};

}  // namespace kiln::s3
