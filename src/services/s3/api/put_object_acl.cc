// SPDX-License-Identifier: Apache-2.0
// PutObjectAcl: replaces the grants of a version in a bucket whose ACLs are on.
#include "gen/s3/put_object_acl.h"

#include "services/s3/api/acl.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutObjectAcl;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  auto out = on_version("s3:PutObjectAcl", input.bucket, input.key, input.version_id);
  if (input.acl) out.condition_keys()["s3:x-amz-acl"] = {*input.acl};
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_CHECK(check_key(input.key));
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const SentAcl sent = sent_acl(input);
  if (sent.empty() || input.grant_write) {
    co_return aws::fail(
        input.grant_write
            ? invalid_argument("Objects have no WRITE permission", "x-amz-grant-write")
            : aws::ApiError{"MissingSecurityHeader",
                            400,
                            "Your request was missing a required header",
                            {{"MissingHeaderName", "x-amz-acl"}},
                            {}});
  }
  const std::string& of_bucket = bucket->bucket.account;
  const bool plain =
      sent.canned && (*sent.canned == "private" || *sent.canned == "bucket-owner-full-control");
  if (!acls_enabled(*bucket)) {
    if (plain) co_return Model::Output{};
    co_return aws::fail(acls_are_off());
  }
  const std::string& caller = context.principal.account;
  auto updating = service.objects.update(
      *input.bucket, *input.key, input.version_id,
      [&](Version& version) -> aws::ApiResult<void> {
        auto grants = grants_of(sent, *bucket, {version.owner, of_bucket, caller}, false);
        if (!grants) return aws::fail(std::move(grants.error()));
        version.about.acl = encode(*grants);
        return {};
      },
      cause_of(context, "ObjectAcl:Put"));
  KILN_S3_ASK([[maybe_unused]] const Version version, co_await std::move(updating));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutObjectAcl{authorize, handle};

}  // namespace kiln::s3
