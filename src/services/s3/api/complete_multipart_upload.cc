// SPDX-License-Identifier: Apache-2.0
// CompleteMultipartUpload: makes an object of the parts of an upload.
#include "gen/s3/complete_multipart_upload.h"

#include "base/encoding.h"
#include "services/s3/api/common.h"
#include "services/s3/api/lifecycle_headers.h"
#include "services/s3/api/new_object.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::CompleteMultipartUpload;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_object("s3:PutObject", input.bucket, input.key);
}

aws::ApiResult<std::vector<NamedPart>> named_parts(const Model::Input& input,
                                                   std::optional<ChecksumKind> kind) {
  std::vector<NamedPart> out;
  if (!input.multipart_upload || !input.multipart_upload->parts ||
      input.multipart_upload->parts->empty())
    return aws::fail(malformed_xml());
  for (const auto& part : *input.multipart_upload->parts) {
    if (!part.part_number || !part.e_tag) return aws::fail(malformed_xml());
    NamedPart named{.number = *part.part_number, .etag = bare_etag(*part.e_tag), .checksum = {}};
    auto checksum = sent_checksum(part);
    if (!checksum) return aws::fail(std::move(checksum.error()));
    // Those of another kind were for the way here only.
    if (*checksum && kind == (*checksum)->kind) named.checksum = (*checksum)->value;
    out.push_back(std::move(named));
  }
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  Uploads::Completion completion;
  auto finding = service.uploads.find(bucket, *input.key, *input.upload_id);
  const auto upload = co_await std::move(finding);
  const auto kind = upload ? upload->checksum : std::nullopt;
  KILN_S3_ASK(completion.parts, named_parts(input, kind));
  KILN_S3_ASK(completion.conditions, write_conditions(input.if_match, input.if_none_match));
  KILN_S3_ASK(completion.checksum, sent_checksum(input));
  if (input.mpu_object_size) completion.size = static_cast<std::uint64_t>(*input.mpu_object_size);
  auto completing =
      service.uploads.complete(*input.bucket, *input.key, *input.upload_id, std::move(completion),
                               cause_of(context, "ObjectCreated:CompleteMultipartUpload"));
  KILN_S3_ASK(const Version version, co_await std::move(completing));
  Model::Output output;
  output.location = context.scheme + "://" + context.host + "/" + *input.bucket + "/" +
                    percent_encode(*input.key, true);
  output.bucket = input.bucket;
  output.key = input.key;
  output.e_tag = quoted(version.etag);
  output.expiration = expiration_header(*bucket, *input.key, version);
  output.version_id = put_version_header(version, bucket->bucket);
  output.server_side_encryption = "AES256";
  set_checksum(output, version.checksum);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kCompleteMultipartUpload{authorize, handle};

}  // namespace kiln::s3
