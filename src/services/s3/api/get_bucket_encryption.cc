// SPDX-License-Identifier: Apache-2.0
// GetBucketEncryption: answers the encryption that is told of new objects.
#include "gen/s3/get_bucket_encryption.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketEncryption;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetEncryptionConfiguration", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const std::string* stored = bucket->config("encryption");
  Model::Output output;
  auto& rule = output.server_side_encryption_configuration.emplace().rules.emplace().emplace_back();
  rule.apply_server_side_encryption_by_default.emplace().sse_algorithm = "AES256";
  rule.bucket_key_enabled = stored && *stored == "key";
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketEncryption{authorize, handle};

}  // namespace kiln::s3
