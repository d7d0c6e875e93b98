// SPDX-License-Identifier: Apache-2.0
// UploadPart: stores one part of an upload.
#include "gen/s3/upload_part.h"

#include "base/encoding.h"
#include "services/s3/api/common.h"
#include "services/s3/api/multipart.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::UploadPart;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_object("s3:PutObject", input.bucket, input.key);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_CHECK(check_encryption(input));
  KILN_S3_CHECK(check_part_number(*input.part_number));
  auto finding = service.uploads.find(bucket, *input.key, *input.upload_id);
  KILN_S3_ASK(const Upload upload, co_await std::move(finding));
  KILN_S3_ASK(const auto sent, sent_checksum(input));
  if (sent && upload.checksum && sent->kind != *upload.checksum) {
    co_return aws::fail(
        invalid_request("Checksum Type mismatch occurred, expected checksum Type: " +
                        checksum_name_lower(*upload.checksum) +
                        ", actual checksum Type: " + checksum_name_lower(sent->kind)));
  }
  const auto wanted = upload.checksum.value_or(ChecksumKind::kCrc64Nvme);
  const bool known = sent && sent->kind == wanted;
  auto taking = service.bodies.take(input.body.value_or(aws::ByteStream()),
                                    known ? std::nullopt : std::optional(wanted), false);
  KILN_S3_TRY(TakenBody body, co_await std::move(taking));
  if (known) body.checksum = base64_decode(sent->value).value_or(std::string());
  auto putting = service.uploads.put_part(*input.bucket, *input.key, *input.upload_id,
                                          *input.part_number, std::move(body));
  KILN_S3_ASK(const UploadedPart part, co_await std::move(putting));
  Model::Output output;
  output.e_tag = quoted(hex_encode(part.md5));
  output.server_side_encryption = "AES256";
  if (upload.checksum || sent) {
    if (upload.checksum) {
      set_checksum(output, wanted, base64_encode(part.checksum));
    } else {
      set_checksum(output, sent->kind, sent->value);
    }
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kUploadPart{authorize, handle};

}  // namespace kiln::s3
