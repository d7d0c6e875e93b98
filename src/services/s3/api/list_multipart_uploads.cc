// SPDX-License-Identifier: Apache-2.0
// ListMultipartUploads: lists uploads that are under way.
#include "gen/s3/list_multipart_uploads.h"

#include "services/s3/api/common.h"
#include "services/s3/api/list_common.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::ListMultipartUploads;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:ListBucketMultipartUploads", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_ASK(const std::size_t limit, page_size(input.max_uploads, "max-uploads"));
  KILN_S3_ASK(const ListText text, ListText::from(input.encoding_type));
  ListRequest request{.prefix = input.prefix.value_or(""),
                      .delimiter = input.delimiter.value_or(""),
                      .after = input.key_marker.value_or(""),
                      .limit = limit};
  UploadList page;
  if (limit > 0) {
    auto listing = service.uploads.list(bucket, request, input.upload_id_marker.value_or(""));
    KILN_S3_TRY(page, co_await std::move(listing));
  }
  Model::Output output;
  output.bucket = input.bucket;
  output.key_marker = text(request.after);
  output.upload_id_marker = input.upload_id_marker.value_or("");
  output.prefix = text(request.prefix);
  if (!request.delimiter.empty()) output.delimiter = text(request.delimiter);
  output.encoding_type = input.encoding_type;
  output.max_uploads = static_cast<std::int32_t>(limit);
  output.is_truncated = page.truncated;
  if (page.truncated) {
    output.next_key_marker = text(page.last_key);
    output.next_upload_id_marker = page.last_id;
  }
  auto& uploads = output.uploads.emplace();
  for (const auto& [key, upload] : page.uploads) {
    auto& shown = uploads.emplace_back();
    shown.key = text(key);
    shown.upload_id = upload.id;
    shown.initiated = upload.initiated;
    shown.storage_class = upload.about.storage_class;
    shown.initiator.emplace().id = upload.initiator;
    shown.owner.emplace().id = canonical_id(upload.owner);
    if (upload.checksum) {
      shown.checksum_algorithm = checksum_label(*upload.checksum);
      shown.checksum_type = upload.composite ? "COMPOSITE" : "FULL_OBJECT";
    }
  }
  output.common_prefixes = shown_prefixes(page.prefixes, text);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListMultipartUploads{authorize, handle};

}  // namespace kiln::s3
