// SPDX-License-Identifier: Apache-2.0
// CreateMultipartUpload: begins an upload in parts.
#include "gen/s3/create_multipart_upload.h"

#include "services/s3/api/common.h"
#include "services/s3/api/lifecycle_headers.h"
#include "services/s3/api/new_object.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::CreateMultipartUpload;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return put_object_authorization("s3:PutObject", input);
}

aws::ApiResult<void> set_checksum_plan(const Model::Input& input, Upload& upload) {
  if (!input.checksum_algorithm) {
    if (input.checksum_type && *input.checksum_type != "FULL_OBJECT")
      return aws::fail(
          invalid_request("The x-amz-checksum-type header can only be used with the "
                          "x-amz-checksum-algorithm header."));
    return {};
  }
  const auto kind = checksum_from_name(*input.checksum_algorithm);
  if (!kind || *kind == ChecksumKind::kMd5) {
    return aws::fail(invalid_request(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"));
  }
  upload.checksum = *kind;
  const bool only_whole = *kind == ChecksumKind::kCrc64Nvme;
  upload.composite = input.checksum_type ? *input.checksum_type == "COMPOSITE" : !only_whole;
  if (upload.composite ? only_whole : !is_crc(*kind)) {
    return aws::fail(invalid_request("The " + *input.checksum_type +
                                     " checksum type cannot be used with the " +
                                     checksum_name_lower(*kind) + " checksum algorithm."));
  }
  return {};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_CHECK(check_key(input.key));
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  Upload upload;
  upload.key = *input.key;
  KILN_S3_ASK(upload.about, describe(input));
  KILN_S3_ASK(Ownership ownership, ownership_of(sent_acl(input), *bucket, context));
  upload.about.acl = std::move(ownership.acl);
  KILN_S3_CHECK(set_checksum_plan(input, upload));
  upload.initiator = context.principal.arn;
  upload.owner = std::move(ownership.owner);
  auto creating = service.uploads.create(*input.bucket, std::move(upload));
  KILN_S3_ASK(const Upload made, co_await std::move(creating));
  Model::Output output;
  output.bucket = input.bucket;
  output.key = input.key;
  output.upload_id = made.id;
  set_abort_headers(output, *bucket, made);
  output.server_side_encryption = "AES256";
  if (made.checksum) {
    output.checksum_algorithm = checksum_label(*made.checksum);
    output.checksum_type = made.composite ? "COMPOSITE" : "FULL_OBJECT";
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kCreateMultipartUpload{authorize, handle};

}  // namespace kiln::s3
