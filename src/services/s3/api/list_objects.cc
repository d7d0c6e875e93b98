// SPDX-License-Identifier: Apache-2.0
// ListObjects: lists current objects; the older form.
#include "gen/s3/list_objects.h"

#include "services/s3/api/common.h"
#include "services/s3/api/list_common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::ListObjects;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return list_authorization("s3:ListBucket", input);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_ASK(const std::size_t limit, page_size(input.max_keys, "max-keys"));
  KILN_S3_ASK(const ListText text, ListText::from(input.encoding_type));
  ListRequest request{.prefix = input.prefix.value_or(""),
                      .delimiter = input.delimiter.value_or(""),
                      .after = input.marker.value_or(""),
                      .limit = limit};
  ListPage page;
  if (limit > 0) {
    KILN_S3_TRY(page, co_await service.listing.list(bucket, request));
  }
  Model::Output output;
  output.name = bucket->bucket.name;
  output.prefix = text(request.prefix);
  output.marker = text(request.after);
  output.max_keys = static_cast<std::int32_t>(limit);
  if (!request.delimiter.empty()) output.delimiter = text(request.delimiter);
  output.encoding_type = input.encoding_type;
  output.is_truncated = page.truncated;
  // Without a delimiter the last key is the marker.
  if (page.truncated && !request.delimiter.empty()) output.next_marker = text(page.last);
  output.contents = shown_objects(page, text, true);
  output.common_prefixes = shown_prefixes(page.prefixes, text);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListObjects{authorize, handle};

}  // namespace kiln::s3
