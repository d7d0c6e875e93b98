// SPDX-License-Identifier: Apache-2.0
// PutBucketPolicy: sets the policy that decides with IAM who may use a bucket.
#include "gen/s3/put_bucket_policy.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/store/bucket_policies.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutBucketPolicy;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:PutBucketPolicy", input.bucket);
}

constexpr std::size_t kMaxPolicyBytes = 20 * 1024;

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  std::string policy = input.policy.value_or("");
  if (policy.size() > kMaxPolicyBytes)
    co_return aws::fail(invalid_argument("The policy document is larger than 20 KB."));
  if (auto fault = bucket_policy_fault(policy, bucket->bucket.name))
    co_return aws::fail({"MalformedPolicy", 400, std::move(*fault), {}, {}});
  if (blocks(*bucket, PublicAccess::kBlockPolicy) && is_public_policy(policy))
    co_return aws::fail(access_denied());
  KILN_S3_CHECK(co_await set_config(service, bucket, "policy", std::move(policy)));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutBucketPolicy{authorize, handle};

}  // namespace kiln::s3
