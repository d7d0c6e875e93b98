// SPDX-License-Identifier: Apache-2.0
// UploadPartCopy: makes a part of an upload from a stretch of an object.
#include "gen/s3/upload_part_copy.h"

#include "base/encoding.h"
#include "services/s3/api/common.h"
#include "services/s3/api/copy_source.h"
#include "services/s3/api/multipart.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::UploadPartCopy;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  auto out = on_object("s3:PutObject", input.bucket, input.key);
  add_copy_source(out, input.copy_source);
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_CHECK(check_encryption(input));
  KILN_S3_CHECK(check_part_number(*input.part_number));
  KILN_S3_ASK(const CopySource source, parse_copy_source(*input.copy_source));
  auto finding = service.uploads.find(bucket, *input.key, *input.upload_id);
  KILN_S3_ASK(const Upload upload, co_await std::move(finding));
  auto copying = copy_bytes(service, source,
                            {.conditions = copy_conditions(input),
                             .expected_owner = input.expected_source_bucket_owner,
                             .range = input.copy_source_range,
                             .checksum = upload.checksum.value_or(ChecksumKind::kCrc64Nvme)});
  KILN_S3_ASK(Copied copied, co_await std::move(copying));
  auto putting = service.uploads.put_part(*input.bucket, *input.key, *input.upload_id,
                                          *input.part_number, std::move(copied.body));
  KILN_S3_ASK(const UploadedPart part, co_await std::move(putting));
  Model::Output output;
  output.copy_source_version_id = copied.version_id;
  output.server_side_encryption = "AES256";
  auto& result = output.copy_part_result.emplace();
  result.e_tag = quoted(hex_encode(part.md5));
  result.last_modified = part.modified;
  if (upload.checksum) set_checksum(result, *upload.checksum, base64_encode(part.checksum));
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kUploadPartCopy{authorize, handle};

}  // namespace kiln::s3
