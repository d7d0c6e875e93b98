// SPDX-License-Identifier: Apache-2.0
// DeleteObject: removes a version, or puts a delete marker in place of the current one.
#include "gen/s3/delete_object.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::DeleteObject;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_version("s3:DeleteObject", input.bucket, input.key, input.version_id);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_CHECK(check_key(input.key));
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  if (input.if_match_last_modified_time)
    co_return aws::fail(not_implemented("x-amz-if-match-last-modified-time"));
  if (input.if_match_size) co_return aws::fail(not_implemented("x-amz-if-match-size"));
  Text if_match;
  if (input.if_match) if_match = bare_etag(*input.if_match);
  auto removing = service.objects.remove(*input.bucket, *input.key, input.version_id, if_match,
                                         cause_of(context, "ObjectRemoved:Delete"));
  KILN_S3_ASK(const Removal removal, co_await std::move(removing));
  Model::Output output;
  if (removal.marker) output.delete_marker = true;
  if (!removal.shown_version_id.empty() && bucket->bucket.keeps_versions())
    output.version_id = removal.shown_version_id;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kDeleteObject{authorize, handle};

}  // namespace kiln::s3
