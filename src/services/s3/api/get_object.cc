// SPDX-License-Identifier: Apache-2.0
// GetObject: answers an object or a stretch of it.
#include "gen/s3/get_object.h"

#include "services/s3/api/common.h"
#include "services/s3/api/lifecycle_headers.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/api/read_object.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetObject;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_version("s3:GetObject", input.bucket, input.key, input.version_id);
}

template <class T>
void override_with(std::optional<T>& header, const std::optional<T>& asked) {
  if (asked) header = asked;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_CHECK(check_key(input.key));
  KILN_S3_CHECK(check_encryption(input));
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_ASK(Selection selection, co_await select_version(service, bucket, selection_of(input)));
  Model::Output output;
  describe_version(output, *bucket, selection.version);
  describe_selection(output, selection, input.checksum_mode);
  if (!input.version_id)
    output.expiration = expiration_header(*bucket, *input.key, selection.version);
  override_with(output.cache_control, input.response_cache_control);
  override_with(output.content_disposition, input.response_content_disposition);
  override_with(output.content_encoding, input.response_content_encoding);
  override_with(output.content_language, input.response_content_language);
  override_with(output.content_type, input.response_content_type);
  if (input.response_expires) output.expires = format_http_date(*input.response_expires);
  output.body = std::move(selection.body);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetObject{authorize, handle};

}  // namespace kiln::s3
