// SPDX-License-Identifier: Apache-2.0
// PutBucketAcl: replaces the grants of a bucket whose ACLs are on.
#include "gen/s3/put_bucket_acl.h"

#include "services/s3/api/acl.h"
#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutBucketAcl;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  auto out = on_bucket("s3:PutBucketAcl", input.bucket);
  if (input.acl) out.condition_keys()["s3:x-amz-acl"] = {*input.acl};
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const SentAcl sent = sent_acl(input);
  if (sent.empty()) {
    co_return aws::fail({"MissingSecurityHeader",
                         400,
                         "Your request was missing a required header",
                         {{"MissingHeaderName", "x-amz-acl"}},
                         {}});
  }
  const std::string& owner = bucket->bucket.account;
  if (!acls_enabled(*bucket) && sent.canned && *sent.canned == "private") co_return Model::Output{};
  KILN_S3_ASK(const AclGrants grants,
              grants_of(sent, *bucket, {owner, owner, context.principal.account}, true));
  KILN_S3_CHECK(co_await set_config(service, bucket, std::string(kAclConfig), encode(grants)));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutBucketAcl{authorize, handle};

}  // namespace kiln::s3
