// SPDX-License-Identifier: Apache-2.0
// HeadObject: answers what GetObject would, without the bytes.
#include "gen/s3/head_object.h"

#include "services/s3/api/common.h"
#include "services/s3/api/lifecycle_headers.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/api/read_object.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::HeadObject;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_version("s3:GetObject", input.bucket, input.key, input.version_id);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_CHECK(check_key(input.key));
  KILN_S3_CHECK(check_encryption(input));
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  auto asked = selection_of(input);
  asked.with_body = false;
  KILN_S3_ASK(Selection selection, co_await select_version(service, bucket, std::move(asked)));
  Model::Output output;
  describe_version(output, *bucket, selection.version);
  describe_selection(output, selection, input.checksum_mode);
  if (!input.version_id)
    output.expiration = expiration_header(*bucket, *input.key, selection.version);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kHeadObject{authorize, handle};

}  // namespace kiln::s3
