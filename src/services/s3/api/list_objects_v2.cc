// SPDX-License-Identifier: Apache-2.0
// ListObjectsV2: lists current objects.
#include "gen/s3/list_objects_v2.h"

#include "services/s3/api/common.h"
#include "services/s3/api/list_common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/version_id.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::ListObjectsV2;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return list_authorization("s3:ListBucket", input);
}

aws::ApiError bad_token(const std::string& token) {
  return invalid_argument("The continuation token provided is incorrect", "continuation-token",
                          token);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_ASK(const std::size_t limit, page_size(input.max_keys, "max-keys"));
  KILN_S3_ASK(const ListText text, ListText::from(input.encoding_type));
  ListRequest request{.prefix = input.prefix.value_or(""),
                      .delimiter = input.delimiter.value_or(""),
                      .after = input.start_after.value_or(""),
                      .limit = limit};
  if (input.continuation_token) {
    auto token = bytes_of_opaque(*input.continuation_token);
    if (!token || token->empty()) co_return aws::fail(bad_token(*input.continuation_token));
    request.after = std::move(*token);
  }
  ListPage page;
  if (limit > 0) {
    KILN_S3_TRY(page, co_await service.listing.list(bucket, request));
  }
  Model::Output output;
  output.name = bucket->bucket.name;
  output.prefix = text(request.prefix);
  output.max_keys = static_cast<std::int32_t>(limit);
  output.key_count = static_cast<std::int32_t>(page.objects.size() + page.prefixes.size());
  if (!request.delimiter.empty()) output.delimiter = text(request.delimiter);
  output.encoding_type = input.encoding_type;
  output.continuation_token = input.continuation_token;
  if (input.start_after) output.start_after = text(*input.start_after);
  output.is_truncated = page.truncated;
  if (page.truncated) output.next_continuation_token = opaque_text(page.last);
  output.contents = shown_objects(page, text, input.fetch_owner.value_or(false));
  output.common_prefixes = shown_prefixes(page.prefixes, text);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListObjectsV2{authorize, handle};

}  // namespace kiln::s3
