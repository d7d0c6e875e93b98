// SPDX-License-Identifier: Apache-2.0
// PutObject: stores an object. Its bytes are on disk before the commit that names them.
#include "gen/s3/put_object.h"

#include "services/s3/api/common.h"
#include "services/s3/api/lifecycle_headers.h"
#include "services/s3/api/new_object.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutObject;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return put_object_authorization("s3:PutObject", input);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_CHECK(check_key(input.key));
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  if (input.write_offset_bytes) co_return aws::fail(not_implemented("x-amz-write-offset-bytes"));
  KILN_S3_ASK(const auto conditions, write_conditions(input.if_match, input.if_none_match));
  NewVersion made;
  KILN_S3_ASK(made.version.about, describe(input));
  KILN_S3_ASK(Ownership ownership, ownership_of(sent_acl(input), *bucket, context));
  made.version.about.acl = std::move(ownership.acl);
  KILN_S3_ASK(made.version.checksum, sent_checksum(input));
  // What clients do not vouch for, S3 does.
  std::optional<ChecksumKind> own;
  if (!made.version.checksum) own = ChecksumKind::kCrc64Nvme;
  auto taking = service.bodies.take(input.body.value_or(aws::ByteStream()), own, true);
  KILN_S3_TRY(TakenBody body, co_await std::move(taking));
  use_body(std::move(body), own, made);
  made.version.owner = std::move(ownership.owner);
  made.version.modified.ms = service.clock.wall().ms / 1'000 * 1'000;
  auto putting = service.objects.put(
      *input.bucket, *input.key, std::move(made), conditions,
      cause_of(context,
               context.operation == "PostObject" ? "ObjectCreated:Post" : "ObjectCreated:Put"));
  KILN_S3_ASK(const Version version, co_await std::move(putting));
  Model::Output output;
  output.e_tag = quoted(version.etag);
  output.server_side_encryption = "AES256";
  output.expiration = expiration_header(*bucket, *input.key, version);
  output.version_id = put_version_header(version, bucket->bucket);
  set_checksum(output, version.checksum);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kPutObject{authorize, handle};

}  // namespace kiln::s3
