// SPDX-License-Identifier: Apache-2.0
// ListParts: lists the parts of an upload that have arrived.
#include "gen/s3/list_parts.h"

#include "base/encoding.h"
#include "services/s3/api/common.h"
#include "services/s3/api/lifecycle_headers.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::ListParts;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_object("s3:ListMultipartUploadParts", input.bucket, input.key);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_ASK(const std::size_t limit, page_size(input.max_parts, "max-parts"));
  auto finding = service.uploads.find(bucket, *input.key, *input.upload_id);
  KILN_S3_ASK(const Upload upload, co_await std::move(finding));
  const std::int32_t marker = input.part_number_marker.value_or(0);
  auto listing = service.uploads.parts(bucket, upload, marker, limit + 1);
  KILN_S3_TRY(auto parts, co_await std::move(listing));
  Model::Output output;
  output.bucket = input.bucket;
  output.key = input.key;
  output.upload_id = input.upload_id;
  set_abort_headers(output, *bucket, upload);
  output.part_number_marker = marker;
  output.max_parts = static_cast<std::int32_t>(limit);
  output.is_truncated = parts.size() > limit;
  if (parts.size() > limit) parts.resize(limit);
  output.next_part_number_marker =
      parts.empty() ? marker : static_cast<std::int32_t>(parts.back().number);
  for (const UploadedPart& part : parts) {
    auto& shown =
        output.parts ? output.parts->emplace_back() : output.parts.emplace().emplace_back();
    shown.part_number = static_cast<std::int32_t>(part.number);
    shown.last_modified = part.modified;
    shown.e_tag = quoted(hex_encode(part.md5));
    shown.size = static_cast<std::int64_t>(part.bytes.size);
    if (upload.checksum) set_checksum(shown, *upload.checksum, base64_encode(part.checksum));
  }
  output.initiator.emplace().id = upload.initiator;
  output.owner.emplace().id = canonical_id(upload.owner);
  output.storage_class = upload.about.storage_class;
  if (upload.checksum) {
    output.checksum_algorithm = checksum_label(*upload.checksum);
    output.checksum_type = upload.composite ? "COMPOSITE" : "FULL_OBJECT";
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListParts{authorize, handle};

}  // namespace kiln::s3
