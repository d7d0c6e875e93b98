// SPDX-License-Identifier: Apache-2.0
// AbortMultipartUpload: forgets an upload and its parts.
#include "gen/s3/abort_multipart_upload.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::AbortMultipartUpload;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_object("s3:AbortMultipartUpload", input.bucket, input.key);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  auto aborting = service.uploads.abort(bucket->bucket.name, *input.key, *input.upload_id);
  KILN_S3_CHECK(co_await std::move(aborting));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kAbortMultipartUpload{authorize, handle};

}  // namespace kiln::s3
